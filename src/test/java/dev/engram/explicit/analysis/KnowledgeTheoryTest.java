package dev.engram.explicit.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.explicit.analysis.KnowledgeTheory.Row;
import dev.engram.explicit.analysis.KnowledgeTheory.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What follows from which prefixes help. */
class KnowledgeTheoryTest {
    private static List<Row> rows(int item, double none, double another, double... realisations) {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("specific", "none", "u" + item, item, 1, none));
        for (int i = 0; i < realisations.length; i++) {
            rows.add(new Row("specific", "realisation " + (i + 1), "u" + item, item, 1, realisations[i]));
        }
        rows.add(new Row("specific", "another's", "u" + item, item, 1, another));
        rows.add(new Row("specific", "memory of 1", "u" + item, item, 1, 1)); // no prefix of text: does not count
        return rows;
    }

    @Test
    void separableNeedsOneRealisationAndImitableAll() {
        List<Row> rows = new ArrayList<>();
        rows.addAll(rows(0, 0, 0, 1, 1, 1));
        rows.addAll(rows(1, 0, 0, 0, 1, 0));
        rows.addAll(rows(2, 1, 1, 1, 1, 1));
        rows.addAll(rows(3, 0, 1, 0, 0, 0));
        List<Verdict> verdicts = KnowledgeTheory.verdicts(rows);
        assertEquals(
                List.of(
                        new Verdict("specific", "u0", 0, 0, 1, 1, 0),
                        new Verdict("specific", "u1", 1, 0, 1, 0, 0),
                        new Verdict("specific", "u2", 2, 1, 0, 0, 0),
                        new Verdict("specific", "u3", 3, 0, 0, 0, 1)),
                verdicts);
    }
}

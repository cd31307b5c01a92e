package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Claim.Verdict;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts of verdicts and states. */
class ScorecardTest {
    private static SeedItem item(String id, String kind, String status) {
        return new SeedItem(
                id, id.substring(1, 4), "1", kind, "a | b", "", "model.KvCache; model.Decoder", "", "01", status, "");
    }

    private static Claim claim(String id, Verdict verdict, String profile) {
        return new Claim(id, "1", "2", "", verdict, "because", profile, "01-x");
    }

    private static final Scorecard CARD = new Scorecard(
            List.of(
                    item("S000-01", "claim", "done"),
                    item("S000-02", "table", "partly"),
                    item("S000-03", "feature", "open"),
                    item("S001-01", "constant", "left out")),
            List.of(claim("S000-01", Verdict.NOT, "quick"), claim("S000-01", Verdict.PARTLY, "full")));

    @Test
    void theFullProfileDecides() {
        assertEquals(
                List.of(new Scorecard.Verdicts("000", 0, 1, 0, 0, 1), new Scorecard.Verdicts("001", 0, 0, 0, 0, 1)),
                CARD.verdicts());
    }

    @Test
    void everyRowHasOneState() {
        assertEquals(
                List.of(new Scorecard.States("000", 3, 1, 1, 0, 1), new Scorecard.States("001", 1, 0, 0, 1, 0)),
                CARD.states());
    }

    @Test
    void thePageNamesEachRow() {
        String page = CARD.page();
        assertTrue(
                page.contains(
                        "| <a id=\"S000-01\"></a>S000-01 | claim: a \\| b | done | `model.KvCache`, `model.Decoder` |"),
                page);
        assertTrue(page.contains("## 001\n\n1 rows: 0 done, 0 partly, 1 left out, 0 open."), page);
    }

    @Test
    void theProjectsFilesAreRead() {
        Scorecard card = Scorecard.read(Path.of(""));
        int rows = card.states().stream().mapToInt(Scorecard.States::rows).sum();
        assertEquals(card.items().size(), rows);
        int verdicts = card.verdicts().stream()
                .mapToInt(v -> v.reproduced() + v.partly() + v.not() + v.cannotBeTested() + v.unanswered())
                .sum();
        assertEquals(card.items().stream().filter(SeedItem::measurable).count(), verdicts);
    }
}

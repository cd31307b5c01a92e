package dev.engram.explicit.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.analysis.TimeSplit.Line;
import dev.engram.explicit.analysis.TimeSplit.Row;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Medians over rounds of each setting. */
class TimeSplitTest {
    private static Row row(int length, int round, double retrieve, double generate) {
        return new Row("length", length, 5, "bf16", round, 1, retrieve, 0.5, generate, retrieve + 0.5 + generate, 9);
    }

    @Test
    void aLineIsTheMedianOfItsSetting() {
        List<Line> lines = TimeSplit.table(
                List.of(row(32, 1, 1, 2), row(64, 1, 5, 5), row(32, 2, 100, 4), row(32, 3, 3, 3), row(64, 2, 7, 6)));
        assertEquals(2, lines.size());
        assertEquals(3, lines.get(0).retrieve());
        assertEquals(3, lines.get(0).generate());
        assertEquals(6, lines.get(1).retrieve()); // even number of rounds
        assertEquals(2, lines.get(1).rounds());
        assertTrue(lines.get(0).load() == 0.5 && lines.get(0).bytes() == 9);
    }
}

package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.report.Tables;
import java.util.List;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.Table;

/** Groups, units and missing numbers. */
class MeansTest {
    private record Row(String arm, int k, String unit, double right) {}

    private static final Table ROWS = Tables.of(
            "rows",
            List.of(
                    new Row("text", 5, "a", 1),
                    new Row("text", 5, "a", 0),
                    new Row("text", 5, "b", 1),
                    new Row("text", 1, "a", Double.NaN),
                    new Row("memory", 5, "a", 0)));

    @Test
    void meansAreOverUnitsOfEachGroup() {
        Table means = Means.of(ROWS, "right", Bootstrap.seeded(1), "arm", "k");
        assertEquals(2, means.rowCount()); // the group without a number is left out
        assertEquals(0.75, Means.mean(means, "text", "5"), 1e-12); // half for a, one for b
        assertEquals(3, means.row(0).getInt("rows"));
        assertEquals(0, Means.mean(means, "memory", "5"));
        assertTrue(means.row(0).getDouble("low") <= 0.75 && means.row(0).getDouble("high") >= 0.75);
        assertThrows(IllegalArgumentException.class, () -> Means.mean(means, "memory", "1"));
    }
}

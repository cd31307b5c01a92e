package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.Table;

/** Published figures that can be computed are what their formula gives. */
class PublishedTest {
    @Test
    void ebbinghausFormulaGivesTheValuesHePrinted() {
        Table table = Csv.read(Path.of("data", "published", "ebbinghaus-1885.csv"));
        assertEquals(7, table.rowCount());
        double[] calculated = Arrays.stream(table.numberColumn("minutes").asDoubleArray())
                .map(t -> 184 / (Math.pow(Math.log10(t), 1.25) + 1.84))
                .toArray();
        assertArrayEquals(calculated, table.numberColumn("calculated_percent").asDoubleArray(), 0.1);
    }
}

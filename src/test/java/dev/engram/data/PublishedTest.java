package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.Row;
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

    private static final List<String> TASKS =
            List.of("arc_c", "hellaswag", "mmlu", "winogrande", "gsm8k", "c_eval", "cmmlu");

    @Test
    void memory3sAveragesAreTheMeansOfTheirRows() {
        for (String name : List.of("memory3-general.csv", "memory3-ablation.csv")) {
            for (Row row : Csv.read(Path.of("data", "published", name))) {
                if (TASKS.stream().noneMatch(row::isMissing)) {
                    double mean =
                            TASKS.stream().mapToDouble(row::getNumber).average().orElseThrow();
                    assertEquals(row.getNumber("average"), mean, 0.0051, name + ", row " + row.getRowNumber());
                }
            }
        }
    }

    @Test
    void theBlogsRowsAreThePapersRows() {
        Table general = Csv.read(Path.of("data", "published", "memory3-general.csv"));
        Table ablation = Csv.read(Path.of("data", "published", "memory3-ablation.csv"));
        for (String task : TASKS) {
            assertEquals(
                    ablation.numberColumn(task).getDouble(0),
                    general.numberColumn(task).getDouble(4),
                    task + " with memory");
            assertEquals(
                    ablation.numberColumn(task).getDouble(2),
                    general.numberColumn(task).getDouble(5),
                    task + " without");
        }
    }

    @Test
    void memory3sTablesHaveTheirSizes() {
        int[] rows = {6, 5, 7, 6, 8, 30};
        String[] names = {"general", "professional", "hallucination", "speed", "ablation", "paper"};
        for (int i = 0; i < names.length; i++) {
            Table table = Csv.read(Path.of("data", "published", "memory3-" + names[i] + ".csv"));
            assertEquals(rows[i], table.rowCount(), names[i]);
        }
    }

    @Test
    void lmcodesComparisonHasEveryCellOfTheSeedAndEveryWrongOneASource() {
        Table table = Csv.read(Path.of("data", "published", "lmcode-comparison.csv"));
        int cells = 0;
        int wrong = 0;
        for (Row row : table) {
            String seed = row.getString("seed");
            String verdict = row.getString("verdict");
            cells += seed.equals("missing") ? 0 : 1;
            assertEquals(seed.equals("missing"), verdict.equals("missing"), row.toString());
            if (verdict.equals("right")) {
                assertEquals(seed, row.getString("found"), row.toString());
            }
            if (verdict.equals("wrong")) {
                wrong++;
                assertEquals(false, seed.equals(row.getString("found")), row.toString());
            }
            assertEquals(false, row.getString("source").isBlank());
        }
        assertEquals(24, cells); // six features of four systems
        assertEquals(2, wrong);
    }
}

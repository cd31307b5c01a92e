package dev.engram.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.Cli;
import dev.engram.report.Csv;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;

class BenchLmcodeTest {
    @Test
    void rowsOfAPartAreWrittenAndKept(@TempDir Path folder) throws Exception {
        String[] weights = {
            "bench",
            "lmcode",
            "--parts",
            "weights,cost",
            "--seeds",
            "2",
            "--steps",
            "1",
            "--threads",
            "1",
            "--out",
            "" + folder
        };
        assertEquals(0, Cli.run(weights).code());
        Table rows = Csv.read(folder.resolve("weights-2.csv"));
        assertEquals(9, rows.rowCount(), "three shares of replay, three stages");
        Table cost = Csv.read(folder.resolve("cost-2.csv"));
        assertEquals(16, cost.rowCount(), "four memories, two batches, time and bytes");
        assertTrue(cost.numberColumn("value").asDoubleArray()[0] > 0);
        Files.writeString(folder.resolve("weights-2.csv"), "kept");
        Files.writeString(folder.resolve("cost-2.csv"), "kept");
        assertEquals(0, Cli.run(weights).code());
        assertEquals("kept", Files.readString(folder.resolve("weights-2.csv")));
    }

    @Test
    void anUnknownPartIsRefused(@TempDir Path folder) {
        Cli.Result result = Cli.run("bench", "lmcode", "--parts", "magic", "--out", "" + folder);
        assertEquals(2, result.code());
        assertTrue(result.err().contains("There is no part 'magic'"), result.err());
    }
}

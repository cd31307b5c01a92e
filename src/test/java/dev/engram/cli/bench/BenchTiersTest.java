package dev.engram.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.cli.Cli;
import dev.engram.model.TinyModel;
import dev.engram.report.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;

/** The long run behind notebook 10: an arm that is there is kept, one that is missing is made. */
class BenchTiersTest {
    @Test
    void aStoppedRunGoesOn(@TempDir Path folder) throws IOException {
        Path model = TinyModel.write(folder.resolve("tiny"), 2048, TinyModel.END_OF_TURN);
        Path out = folder.resolve("rows");
        String[] arguments = {
            "bench",
            "tiers",
            "--model",
            model.toString(),
            "--out",
            out.toString(),
            "--facts",
            "2",
            "--steps",
            "2",
            "--layers",
            "1,0",
            "--places",
            "LAST",
            "--formats",
            "QA",
            "--threads",
            "1"
        };
        Cli.run(arguments).ok();
        assertEquals(Set.of("all-qa-1.csv", "base-qa-1.csv", "last-1-qa-1.csv", "lora-qa-1.csv"), files(out));
        Table rows = Csv.read(out.resolve("last-1-qa-1.csv"));
        assertEquals(List.of("last 1"), rows.stringColumn("layers").unique().asList());
        Path kept = out.resolve("base-qa-1.csv");
        Files.writeString(kept, Files.readString(kept) + "\n");
        String before = Files.readString(kept);
        Files.delete(out.resolve("last-1-qa-1.csv"));
        Cli.run(arguments).ok();
        assertEquals(before, Files.readString(kept), "what was there is not written again");
        Table remade = Csv.read(out.resolve("last-1-qa-1.csv"));
        assertEquals(
                rows.doubleColumn("nll").asList(),
                remade.doubleColumn("nll").asList(),
                "the same arm gives the same rows");
    }

    private static Set<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return new TreeSet<>(all.map(f -> f.getFileName().toString()).toList());
        }
    }
}

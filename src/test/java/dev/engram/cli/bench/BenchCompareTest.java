package dev.engram.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.cli.Cli;
import dev.engram.compare.Comparison;
import dev.engram.compare.Row;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The comparison from end to end on a tiny model of random weights: it knows nothing, and says so in every row. */
class BenchCompareTest {
    @TempDir
    private Path folder;

    private int run(String arms) throws IOException {
        Path model = folder.resolve("tiny");
        if (!Files.exists(model)) {
            TinyModel.write(model, 4096, TinyModel.END_OF_TURN);
        }
        return Cli.run(
                        "bench",
                        "compare",
                        "--model",
                        model.toString(),
                        "--dtype",
                        "f32",
                        "--facts",
                        "2",
                        "--steps",
                        "3",
                        "--laps",
                        "1",
                        "--tests",
                        "heldout",
                        "--arms",
                        arms,
                        "--out",
                        folder.resolve("out").toString())
                .code();
    }

    @Test
    void everyArmHasAFolderThatIsKept() throws IOException {
        List<String> arms = List.of("base", "rag-oracle", "full");
        assertEquals(0, run("base,rag-oracle,full"));
        Comparison all = Comparison.read(folder.resolve("out"), arms);
        assertEquals(arms, all.arms());
        Set<String> conditions = all.rows().stream()
                .filter(r -> r.arm().equals("rag-oracle"))
                .map(Row::condition)
                .collect(Collectors.toSet());
        assertEquals(Set.of("with", "without", "shuffled"), conditions);
        double text = all.cost("rag-oracle", c -> c.prompt_tokens());
        double plain = all.cost("base", c -> c.prompt_tokens());
        assertTrue(text > plain && plain == all.cost("full", c -> c.prompt_tokens()), text + " and " + plain);
        assertEquals(1, all.cost("base", c -> c.relative()), 1e-9);
        Path costs = folder.resolve("out/base-1/costs.csv");
        FileTime before = Files.getLastModifiedTime(costs);
        assertEquals(0, run("base"));
        assertEquals(before, Files.getLastModifiedTime(costs), "a complete arm is kept");
    }

    @Test
    void anUnknownArmIsRefused() throws IOException {
        assertEquals(2, run("no-such-arm"));
    }
}

package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Prose;
import dev.engram.model.BadInputException;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** The experiment on a tiny model: all measures are there, between 0 and 1 where they are shares, and nothing is done twice. */
class RecallExperimentTest {
    @TempDir
    private Path folder;

    @Test
    void everyArmHasItsRows() throws IOException {
        World world = World.load();
        Prose prose = Prose.read(Path.of("data/prose"));
        RecallExperiment experiment = new RecallExperiment(6, 1, 6, 6, 2);
        Path out = folder.resolve("out");
        try (TinyRecall tiny = new TinyRecall(folder.resolve("model"))) {
            Table none = experiment.baselines(tiny.lm, world, out);
            assertEquals(6, none.rowCount(), "three sources, raw and centred");
            RecallRecipe recipe = RecallRecipe.joint(6).withSteps(2);
            Table first = experiment.run(tiny.path.toString(), tiny.lm, world, prose, recipe, out, line -> {});
            Set<String> measures = new HashSet<>();
            for (Row row : first) {
                measures.add(row.getString("measure"));
                assertEquals("joint", row.getString("arm"));
                double value = row.getDouble("value");
                if (!row.getString("measure").contains("nats")) {
                    assertTrue(value >= 0 && value <= 1, row.toString());
                }
                assertTrue(row.getDouble("low") <= value && value <= row.getDouble("high"), row.toString());
            }
            assertTrue(measures.containsAll(List.of(
                    "R@1 held-out",
                    "exact, true vector",
                    "exact, shuffled vector",
                    "exact, zero vector",
                    "exact, random vector",
                    "end to end: value",
                    "false recalls",
                    "abstains on unknown at 5 % lost",
                    "never trained: value through the stored text",
                    "ordinary loss rise, nats")));
            assertTrue(Files.exists(out.resolve("joint-6-1/adapter/adapter_model.safetensors")));
            List<String> log = new ArrayList<>();
            Table again = experiment.run(tiny.path.toString(), tiny.lm, world, prose, recipe, out, log::add);
            assertEquals(first.rowCount(), again.rowCount());
            assertTrue(log.isEmpty(), "nothing was trained again: " + log);
        }
    }

    @Test
    void recipesHaveNames() {
        for (String name :
                List.of("joint", "seed", "paraphrased", "front-only", "no-keep", "label-front", "two-steps")) {
            assertEquals(name, RecallRecipe.named(name, 24).name());
        }
        BadInputException e = assertThrows(BadInputException.class, () -> RecallRecipe.named("best", 24));
        assertTrue(e.getMessage().contains("'best'"), e.getMessage());
    }
}

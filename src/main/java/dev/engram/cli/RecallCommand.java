package dev.engram.cli;

import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.recall.RecallExperiment;
import dev.engram.recall.RecallRecipe;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Trains the recall token by one or more recipes and measures it: the long run behind notebook 05. */
@Command(
        name = "recall",
        description = "Trains the recall token on N memories of Halcyon and measures it, recipe by recipe."
                + " Can be stopped and continued: an arm goes on from its last checkpoint.")
final class RecallCommand implements Callable<Integer> {
    @ParentCommand
    private Bench bench;

    @Option(names = "--memories", description = "Memories to learn; default: ${DEFAULT-VALUE}.", defaultValue = "24")
    private int memories;

    @Option(names = "--recipes", split = ",", description = "joint, seed; default: ${DEFAULT-VALUE}.")
    private List<String> recipes = List.of("joint");

    @Option(names = "--steps", description = "Updates; default: what the recipe says.", defaultValue = "0")
    private int steps;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private long seed;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of checkpoints and rows.")
    private Path out;

    @Option(names = "--model", defaultValue = "${env:ENGRAM_MODEL:-default}", description = "The model.")
    private String model;

    @Override
    public Integer call() {
        World world = World.load();
        RecallExperiment experiment = memories <= 24
                ? new RecallExperiment(memories, seed, memories, 2 * memories, 4)
                : new RecallExperiment(memories, seed, memories, 2 * memories, 12);
        try (CausalLm lm = CausalLm.open(model, LoadOptions.defaults().withDtype(DType.F32))) {
            Prose prose = Prose.read(Path.of("data/prose"));
            System.out.println(experiment.baselines(lm, world, out).printAll());
            for (String name : recipes) {
                System.out.println(experiment
                        .run(model, lm, world, prose, recipe(name), out, System.out::println)
                        .printAll());
            }
        }
        return 0;
    }

    private RecallRecipe recipe(String name) {
        RecallRecipe recipe = name.equals("seed")
                ? RecallRecipe.seed(Math.max(1, memories), 1e-3)
                : RecallRecipe.joint(memories).withName(name);
        return steps > 0 ? recipe.withSteps(steps) : recipe;
    }
}

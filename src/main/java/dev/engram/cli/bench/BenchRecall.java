package dev.engram.cli.bench;

import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.recall.RecallExperiment;
import dev.engram.recall.RecallRecipe;
import dev.engram.recall.RecallRounds;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import dev.engram.report.Tables;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains the recall token by one or more recipes and measures it: the long run behind notebook 05. */
@Command(
        name = "recall",
        description = "Trains the recall token on memories of Halcyon and measures it, recipe by recipe."
                + " Can be stopped and continued: a recipe goes on from its last checkpoint.")
final class BenchRecall implements Callable<Integer> {
    /** Of each of old and new in a next round. */
    private static final int QUESTIONS = 40;
    /** Memories of data/adapters/recall-100. */
    private static final int COMMITTED = 100;

    @Mixin
    private BenchOptions options;

    @Option(names = "--memories", description = "Memories to learn; default: 24, in the full profile 100.")
    private Integer memories;

    @Option(
            names = "--recipes",
            split = ",",
            description =
                    "joint, seed, paraphrased, front-only, no-keep, label-front, two-steps; default: ${DEFAULT-VALUE}.",
            defaultValue = "joint")
    private List<String> recipes;

    @Option(names = "--steps", description = "Updates of step 2; default: what the recipe says.")
    private Integer steps;

    @Option(names = "--rate", description = "Peak learning rate of step 2; default: what the recipe says.")
    private Double rate;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private long seed;

    @Option(
            names = "--frozen",
            description =
                    "The weights that do not learn: f32, bf16, or auto for the faster one here; default: ${DEFAULT-VALUE}.",
            defaultValue = "f32")
    private String frozen;

    @Option(
            names = "--next-round",
            description = "In place of recipes: so many more memories are learned by data/adapters/recall-100.")
    private Integer nextRound;

    @Option(
            names = "--out",
            description = "Folder of the rows; default: results/bench-recall/PROFILE, for a next round"
                    + " results/bench-recall-rounds/PROFILE.")
    private Path out;

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        String what =
                nextRound == null ? "bench-recall" : "bench-recall-rounds"; // other columns, so not among the recipes
        Path folder = BenchOptions.folder(out, what);
        RecallExperiment experiment = profile.pick(RecallExperiment.quick(seed), RecallExperiment.full(seed));
        if (memories != null) {
            experiment = experiment.withMemories(memories);
        }
        int learned = experiment.memories();
        recipes.forEach(
                name -> RecallRecipe.named(name, learned)); // a wrong one is refused before anything is measured
        World world = World.load();
        DType base = DType.parse("--frozen", frozen);
        LoadOptions load = options.load(DType.F32);
        try (CausalLm lm = CausalLm.open(options.model, load)) {
            Prose prose = Prose.read(Checkout.folder().resolve("data/prose"));
            if (nextRound != null) {
                Path adapter = Checkout.folder().resolve("data/adapters/recall-100");
                RecallRecipe round = RecallRecipe.nextRound(COMMITTED);
                round = steps == null ? round : round.withSteps(steps);
                round = rate == null ? round : round.withLearningRate(rate);
                Path rounds = folder.resolve("next-round-" + nextRound + "-" + seed);
                System.out.println(Tables.text(new RecallRounds(COMMITTED, nextRound, seed, QUESTIONS)
                        .run(options.model, lm, world, prose, adapter, round, rounds, base, System.out::println)));
                return 0;
            }
            System.out.println(Tables.text(experiment.baselines(lm, world, folder)));
            for (String name : recipes) {
                RecallRecipe recipe = RecallRecipe.named(name, experiment.memories());
                recipe = steps == null ? recipe : recipe.withSteps(steps);
                recipe = rate == null ? recipe : recipe.withLearningRate(rate);
                System.out.println(Tables.text(
                        experiment.run(options.model, lm, world, prose, recipe, folder, System.out::println, base)));
            }
        }
        System.out.println("The rows are in " + folder);
        return 0;
    }
}

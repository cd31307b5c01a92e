package dev.engram.cli.bench;

import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.Profile;
import dev.engram.report.Tables;
import dev.engram.tiers.Depth;
import dev.engram.tiers.Depth.Place;
import dev.engram.tiers.LastLayerExperiment;
import dev.engram.tiers.LastLayerExperiment.Recipe;
import dev.engram.tiers.LastLayerExperiment.Row;
import dev.engram.tiers.LayerProbes;
import dev.engram.tiers.TargetFormat;
import dev.engram.world.World;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Facts in a few layers, arm by arm: the long run behind notebook 10. */
@Command(
        name = "tiers",
        description =
                "Teaches a user's facts to some layers of the model, in three forms, and measures what they learn and"
                        + " lose. Can be stopped and continued: every arm has a file of its own, and a file that is there is kept.")
final class BenchTiers implements Callable<Integer> {
    @Mixin
    private BenchOptions options;

    @Option(names = "--facts", description = "Facts of the user; default: ${DEFAULT-VALUE}.", defaultValue = "12")
    private int facts;

    @Option(names = "--steps", description = "Updates of each arm; default: 8, in the full profile 24.")
    private Integer steps;

    @Option(
            names = "--layers",
            split = ",",
            description = "Numbers of layers; 0 is all, and LoRA beside it. Default: ${DEFAULT-VALUE}.")
    private List<Integer> layers = List.of(1, 2, 4, 0);

    @Option(names = "--places", split = ",", description = "LAST, MIDDLE, FIRST; default: ${DEFAULT-VALUE}.")
    private List<Place> places = List.of(Place.LAST, Place.MIDDLE, Place.FIRST);

    @Option(names = "--formats", split = ",", description = "QA, MASKED, FULL; default: ${DEFAULT-VALUE}.")
    private List<TargetFormat> formats = List.of(TargetFormat.QA, TargetFormat.MASKED, TargetFormat.FULL);

    @Option(names = "--seeds", split = ",", description = "One user each; default: ${DEFAULT-VALUE}.")
    private List<Long> seeds = List.of(1L);

    @Option(names = "--out", description = "Folder of the rows; default: results/bench-last-layers/PROFILE.")
    private Path out;

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        Path folder = BenchOptions.folder(out, "bench-last-layers");
        int updates = steps == null ? profile.pick(8, 24) : steps;
        LoadOptions load = options.load(DType.F32);
        try (CausalLm lm = CausalLm.open(options.model, load)) {
            Prose prose = Prose.read(Checkout.folder().resolve("data/prose"));
            LayerProbes probes = new LayerProbes(lm, prose);
            for (long seed : seeds) {
                Recipe recipe = new Recipe(facts, updates, 6, seed);
                LastLayerExperiment experiment =
                        new LastLayerExperiment(lm, probes, World.user("learner " + seed, false), recipe);
                for (TargetFormat format : formats) {
                    arm(folder, "base", format, seed, () -> experiment.base(format));
                    for (Depth depth : depths()) {
                        arm(folder, depth.key(), format, seed, () -> experiment.run(depth, format));
                    }
                    if (layers.contains(0)) {
                        arm(folder, LastLayerExperiment.LORA, format, seed, () -> experiment.lora(format));
                    }
                }
            }
        }
        System.out.println("The rows are in " + folder);
        return 0;
    }

    private List<Depth> depths() {
        List<Depth> all = new ArrayList<>();
        for (int k : layers) {
            for (Place place : places) {
                if (k != 0 || place == Place.LAST) {
                    all.add(new Depth(place, k));
                }
            }
        }
        return all;
    }

    private static void arm(Path folder, String layers, TargetFormat format, long seed, Supplier<List<Row>> run) {
        String name = layers.replace(' ', '-') + "-" + format.key() + "-" + seed;
        Path file = folder.resolve(name + ".csv");
        if (!Files.exists(file)) {
            Table rows = Tables.of(name, run.get());
            Csv.write(file, rows);
            System.out.println(name + " is in " + file);
        }
    }
}

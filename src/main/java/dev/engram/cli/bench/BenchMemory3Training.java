package dev.engram.cli.bench;

import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.pretrain.MemoryPlan;
import dev.engram.explicit.pretrain.PretrainData;
import dev.engram.explicit.pretrain.PretrainExperiment;
import dev.engram.explicit.pretrain.PretrainExperiment.Measured;
import dev.engram.explicit.pretrain.PretrainExperiment.Outcome;
import dev.engram.explicit.pretrain.PretrainExperiment.Point;
import dev.engram.explicit.pretrain.PretrainSetup;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Torch;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Two-stage pretraining against memories from the first step: the long run behind notebook 08. */
@Command(
        name = "memory3-training",
        description = "Pretrains tiny decoders in two stages, with memories from the first step, and without, and"
                + " measures what right, wrong and no memories do for them. Can be stopped and continued.")
final class BenchMemory3Training implements Callable<Integer> {
    @Option(names = "--seeds", description = "Default: 1, in the full profile 3.")
    private Integer seeds;

    @Option(names = "--steps", description = "Updates of a run; default: 600.")
    private Integer steps;

    @Option(
            names = "--arms",
            split = ",",
            description = "two, start, never, gradual, each with the memories in the first half of the layers, or"
                    + " with a suffix such as two:last_half; default: ${DEFAULT-VALUE}.",
            defaultValue = "two,start,never")
    private List<String> arms;

    @Option(names = "--threads", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private int threads;

    @Option(names = "--work", description = "Folder of the single runs; default: target/memory3-training/PROFILE.")
    private Path work;

    @Override
    public Integer call() {
        Torch.manager(DeviceChoice.AUTO).close(); // the engine must be there before it is told how many threads to use
        Torch.setThreads(threads);
        Profile profile = Profile.fromEnvironment();
        PretrainSetup setup = profile.pick(PretrainSetup.quick(), PretrainSetup.full());
        PretrainSetup base = steps == null ? setup : setup.withSteps(steps);
        Path results = Checkout.folder().resolve("results");
        Path runs = work != null
                ? work
                : Checkout.folder().resolve("target/memory3-training").resolve(profile.key());
        PretrainData data = PretrainData.of(base, World.load(), 1);
        List<Measured> rows = new ArrayList<>();
        List<Point> curves = new ArrayList<>();
        for (int seed = 1; seed <= (seeds == null ? profile.pick(1, 3) : seeds); seed++) {
            for (String arm : arms) {
                Outcome outcome = run(base, data, runs, arm, seed);
                rows.addAll(outcome.rows());
                curves.addAll(outcome.curve());
            }
        }
        Table summary = Tables.of("lines", PretrainExperiment.table(rows, 1));
        try (RunFolder folder = RunFolder.open(results, "bench-memory3-training", profile, 1)) {
            folder.rows(Tables.of("rows", rows));
            folder.summary(summary);
            Csv.write(folder.file("curves.csv"), Tables.of("curves", curves));
            folder.setting("setup", base.toString()).setting("threads", threads);
            System.out.println(Tables.text(summary));
            System.out.println("The rows are in " + folder.commit());
        }
        return 0;
    }

    private static Outcome run(PretrainSetup base, PretrainData data, Path runs, String arm, int seed) {
        String[] parts = arm.split(":", 2);
        LayerChoice layers = parts.length == 1 ? LayerChoice.FIRST_HALF : LayerChoice.named(parts[1]);
        PretrainSetup setup = base.withShape(base.shape().withLayers(layers));
        int half = base.steps() / 2;
        MemoryPlan plan = switch (parts[0]) {
            case "two" -> MemoryPlan.twoStages(half);
            case "start" -> MemoryPlan.fromTheStart();
            case "never" -> MemoryPlan.never();
            case "gradual" -> MemoryPlan.gradual(0, 2 * half);
            default ->
                throw new BadInputException("The arm is '" + arm + "'; it must be two, start, never or gradual.");
        };
        return new PretrainExperiment(setup, data.with(setup.shape()), runs).run(plan, seed);
    }
}

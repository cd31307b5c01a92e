package dev.engram.cli.bench;

import ai.djl.ndarray.NDManager;
import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.ReadingExperiment;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTraining;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.source.TensorType;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.Parts;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.train.Lora;
import dev.engram.train.LoraConfig;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Answers from explicit memories, beside text and beside nothing: the table behind notebook 06. */
@Command(
        name = "reading",
        description = "Asks about entities of Halcyon with nothing, with text and with explicit memories of different"
                + " layers, tokens and rules, before or after training a model to read them.")
final class BenchReading implements Callable<Integer> {
    @Mixin
    private BenchOptions options;

    @Option(names = "--items", description = "Questions of each kind; default: 24, in the full profile 80.")
    private Integer items;

    @Option(
            names = "--train",
            description = "Updates of the reading adapter; 0 measures the untrained model. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private int steps;

    @Option(
            names = "--layers",
            description = "Memory layers in training: first_half, middle, last_half, all; default: ${DEFAULT-VALUE}.",
            defaultValue = "last_half")
    private String layers;

    @Option(names = "--adapter", description = "Folder of a reading adapter that is there already; nothing is trained.")
    private Path adapter;

    @Option(
            names = "--stored",
            description =
                    "What storage and search do: memories out of codecs, splits of equal bytes, and references as they are"
                            + " found. Can be stopped and continued.")
    private boolean stored;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private long seed;

    @Option(names = "--checkpoints", description = "Folder of the training's state; an interrupted run goes on.")
    private Path checkpoints;

    @Option(names = "--save", description = "Folder for the adapter, in PEFT's layout.")
    private Path save;

    private Parts parts;

    @Override
    public Integer call() {
        if (items != null && items < 1) {
            throw new BadInputException("--items is " + items + "; ask about at least 1 of each kind.");
        }
        Profile profile = Profile.fromEnvironment();
        LayerChoice choice = LayerChoice.named(layers);
        World world = World.load();
        ReadingExperiment experiment = new ReadingExperiment(world, items == null ? profile.pick(24, 80) : items, seed);
        LoadOptions load = options.load(DType.F32);
        String weights = steps == 0 && adapter == null
                ? "untrained"
                : "trained-" + choice.key().replace('_', '-');
        String name = weights + (stored ? "-stored" : "");
        parts = Parts.of(Checkout.folder(), "bench-reading-" + name, profile, experiment.items(), seed);
        try (CausalLm lm = CausalLm.open(options.model, load);
                RunFolder run =
                        RunFolder.open(Checkout.folder().resolve("results"), "bench-reading-" + name, profile, seed)) {
            run.setting("model", options.model).setting("steps", steps).setting("layers", layers);
            List<ReadingExperiment.Row> rows;
            if (adapter != null) {
                try (NDManager scope = lm.decoder().newScope();
                        Lora lora = Lora.load(scope, lm.config(), adapter)) {
                    rows = measured(weights, lm, experiment, lora);
                }
            } else if (steps == 0) {
                rows = measured(weights, lm, experiment, null);
            } else {
                rows = trained(weights, lm, world, experiment, choice, run);
            }
            run.rows(Tables.of("reading", rows));
            var table = Tables.of("reading", ReadingExperiment.table(rows, seed));
            run.summary(table);
            run.commit();
            parts.done();
            System.out.println(Tables.text(table));
        }
        return 0;
    }

    private List<ReadingExperiment.Row> trained(
            String name, CausalLm lm, World world, ReadingExperiment experiment, LayerChoice choice, RunFolder run) {
        try (TrainableDecoder decoder = TrainableDecoder.open(options.model, DType.F32);
                Lora lora = Lora.create(decoder, LoraConfig.of(16), seed)) {
            var history = ReadingTraining.defaults(seed)
                    .withSteps(steps)
                    .withLayers(choice)
                    .run(decoder, lora, lm, world, checkpoints);
            Csv.write(run.file("history.csv"), history.table());
            if (save != null) {
                lora.save(save, options.model, TensorType.BF16);
            }
            return measured(name, lm, experiment, lora);
        }
    }

    private List<ReadingExperiment.Row> measured(String name, CausalLm lm, ReadingExperiment experiment, Lora lora) {
        Consumer<Boolean> reader = on -> lm.decoder().adapt(on && lora != null ? lora.adapter() : null);
        List<ReadingItem.Kind> kinds = Arrays.asList(ReadingItem.Kind.values());
        List<ReadingExperiment.Row> rows =
                stored ? experiment.runStored(name, lm, reader, kinds, parts) : experiment.run(name, lm, reader, kinds);
        lm.decoder().adapt(null);
        return rows;
    }
}

package dev.engram.cli.bench;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.measure.SearchTimes;
import dev.engram.dual.measure.StateKeys;
import dev.engram.eval.Prose;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long one token of a whole model searches LMCODE's long-term stores. Notebook 09 measures how the time grows with the slots. */
@Command(
        name = "store",
        description =
                "Measures how long one token searches LMCODE's long-term stores, exactly and by two indices: one store a layer,"
                        + " one after the other.")
final class BenchStore implements Callable<Integer> {
    private static final int QUERIES = 50;
    private static final int WINDOW = 256;

    @Option(names = "--slots", description = "Slots of a store; default: ${DEFAULT-VALUE}.", defaultValue = "10000")
    private int slots;

    @Option(names = "--layers", description = "Stores; default: ${DEFAULT-VALUE}.", defaultValue = "6")
    private int layers;

    @Option(names = "--width", description = "Numbers of a key; default: ${DEFAULT-VALUE}.", defaultValue = "512")
    private int width;

    @Option(names = "--k", description = "Slots that a query asks for; default: ${DEFAULT-VALUE}.", defaultValue = "16")
    private int k;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private long seed;

    @Option(
            names = "--keys",
            split = ",",
            description =
                    "states (hidden states of the model's tokens, of the model's width), few, normal; default: states and few.")
    private List<String> keys = List.of("states", "few");

    @Mixin
    private BenchOptions options;

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        int rounds = profile.pick(5, 8);
        List<SearchTimes.Row> rows = new ArrayList<>();
        for (String kind : keys) {
            rows.addAll(
                    switch (kind) {
                        case "states" -> states(new SearchTimes(width, k, QUERIES, rounds, SearchTimes.Keys.NORMAL));
                        case "few" ->
                            drawn(new SearchTimes(width, k, QUERIES, rounds, SearchTimes.Keys.FEW_DIRECTIONS));
                        case "normal" -> drawn(new SearchTimes(width, k, QUERIES, rounds, SearchTimes.Keys.NORMAL));
                        default ->
                            throw new BadInputException(
                                    "The keys are '" + kind + "'; give states, few, normal, or several with commas.");
                    });
        }
        try (RunFolder run = RunFolder.open(Checkout.folder().resolve("results"), "bench-store", profile, seed)) {
            run.setting("slots", slots)
                    .setting("layers", layers)
                    .setting("width", width)
                    .setting("k", k);
            run.rows(Tables.of("rows", rows));
            run.summary(Tables.of("summary", SearchTimes.summary(rows)));
            System.out.println("The rows are in " + run.commit());
        }
        System.out.println(Tables.text(Tables.of("Milliseconds a query, all stores", SearchTimes.summary(rows))));
        return 0;
    }

    private List<SearchTimes.Row> drawn(SearchTimes times) {
        LongTermMemory[] stores = new LongTermMemory[layers];
        for (int i = 0; i < layers; i++) {
            stores[i] = times.filled(slots, seed);
        }
        return times.run(stores, seed);
    }

    private List<SearchTimes.Row> states(SearchTimes times) {
        try (CausalLm lm = CausalLm.open(options.model, options.load(DType.BF16))) {
            int windows = (slots + QUERIES + WINDOW - 1) / WINDOW;
            StateKeys states = new StateKeys(
                    lm.decoder(),
                    layers,
                    Prose.read(Checkout.folder().resolve("data/prose")).windows(lm.tokenizer(), WINDOW, windows));
            return times.run("hidden states", states.stores(slots, seed), states::query);
        }
    }
}

package dev.engram.cli;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.measure.SearchTimes;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long one token of a whole model searches LMCODE's long-term stores. Notebook 09 measures how the time grows with the slots. */
@Command(
        name = "store",
        description =
                "Measures how long one token searches LMCODE's long-term stores, exactly and by the index: one store a layer,"
                        + " one after the other.")
final class BenchStore implements Callable<Integer> {
    private static final int QUERIES = 100;

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

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        SearchTimes times = new SearchTimes(width, k, QUERIES, profile.pick(5, 10), SearchTimes.Keys.FEW_DIRECTIONS);
        LongTermMemory[] stores = new LongTermMemory[layers];
        for (int i = 0; i < layers; i++) {
            stores[i] = times.filled(slots, seed);
        }
        List<SearchTimes.Row> rows = times.run(stores, seed);
        try (RunFolder run = RunFolder.open(BenchOptions.home().resolve("results"), "bench-store", profile, seed)) {
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
}

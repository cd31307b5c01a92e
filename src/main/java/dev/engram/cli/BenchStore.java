package dev.engram.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.dual.measure.SearchTimes;
import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.Floats;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Seams;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long one token of a whole model searches LMCODE's long-term stores. Notebook 09 measures how the time grows with the slots. */
@Command(
        name = "store",
        description =
                "Measures the search of LMCODE's long-term store, exact and by the index: as the slots grow, and 6 stores one"
                        + " after the other as a token searches them; with random keys and with hidden states of the model.")
final class BenchStore implements Callable<Integer> {
    private static final int WINDOW = 512;
    private static final int QUERIES = 100;
    /** Layers whose hidden states are measured: half-way and the last one. */
    private static final int STATES = 2;

    @Mixin
    private BenchOptions options;

    @Option(
            names = "--slots",
            description = "Slots of a token's stores; default: ${DEFAULT-VALUE}.",
            defaultValue = "10000")
    private int slots;

    @Option(names = "--layers", description = "Stores of a token; default: ${DEFAULT-VALUE}.", defaultValue = "6")
    private int layers;

    @Option(names = "--width", description = "Numbers of a key; default: ${DEFAULT-VALUE}.", defaultValue = "512")
    private int width;

    @Option(names = "--k", description = "Slots that a query asks for; default: ${DEFAULT-VALUE}.", defaultValue = "16")
    private int k;

    @Option(
            names = "--hidden",
            description = "Hidden states in a store; default: ${DEFAULT-VALUE}.",
            defaultValue = "4000")
    private int hidden;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private long seed;

    @Override
    public Integer call() {
        Profile profile = Profile.fromEnvironment();
        int rounds = profile.pick(5, 10);
        List<SearchTimes.Row> rows = new ArrayList<>();
        SearchTimes times = new SearchTimes(width, k, QUERIES, rounds, SearchTimes.Keys.FEW_DIRECTIONS);
        LongTermMemory[] stores = new LongTermMemory[layers];
        for (int i = 0; i < layers; i++) {
            stores[i] = times.filled(slots, seed);
        }
        rows.addAll(times.run(stores, seed));
        rows.addAll(hiddenStates(rounds));
        try (RunFolder run = RunFolder.open(BenchOptions.home().resolve("results"), "bench-store", profile, seed)) {
            run.setting("slots", slots)
                    .setting("layers", layers)
                    .setting("width", width)
                    .setting("k", k);
            run.rows(Tables.of("rows", rows));
            run.summary(Tables.of("summary", SearchTimes.summary(rows)));
            System.out.println("The rows are in " + run.commit());
        }
        System.out.println(Tables.text(Tables.of("Milliseconds a query", SearchTimes.summary(rows))));
        return 0;
    }

    /** Stores of the states of tokens in some layers; queries are the tokens that follow. */
    private List<SearchTimes.Row> hiddenStates(int rounds) {
        LoadOptions load = LoadOptions.defaults().withDtype(DType.F32).withThreads(options.threads());
        try (CausalLm lm = CausalLm.open(options.model, load)) {
            StringBuilder text = new StringBuilder();
            Prose.read(BenchOptions.home().resolve("data/prose"))
                    .texts()
                    .forEach(t -> text.append(t).append('\n'));
            int[] ids = lm.tokenizer().encode(text.toString());
            int n = Math.min(hidden, ids.length - QUERIES);
            int every = lm.config().layers() / STATES;
            List<List<float[]>> states = states(lm, Arrays.copyOf(ids, n + QUERIES), every);
            LongTermMemory[] stores = new LongTermMemory[STATES];
            for (int i = 0; i < STATES; i++) {
                stores[i] = new LongTermMemory(n, lm.config().hidden(), ReplacementPolicy.FIFO, seed);
                for (float[] state : states.get(i).subList(0, n)) {
                    stores[i].write(state, state, 1);
                }
            }
            List<SearchTimes.Row> rows = new ArrayList<>();
            for (int i = 0; i < STATES; i++) { // a query belongs to its layer, so each store is measured by itself
                List<float[]> asked = states.get(i).subList(n, n + QUERIES);
                SearchTimes times =
                        new SearchTimes(lm.config().hidden(), k, QUERIES, rounds, SearchTimes.Keys.FEW_DIRECTIONS);
                rows.addAll(times.run(
                        "hidden states of layer " + (i + 1) * every, new LongTermMemory[] {stores[i]}, asked));
            }
            return rows;
        }
    }

    /** Normed hidden states of every token after every so many layers, read in windows; a key is W times such a state. */
    private List<List<float[]>> states(CausalLm lm, int[] ids, int every) {
        List<List<float[]>> all = new ArrayList<>();
        for (int i = 0; i < STATES; i++) {
            all.add(new ArrayList<>());
        }
        for (int at = 0; at < ids.length; at += WINDOW) {
            int[] window = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + WINDOW));
            try (NDManager scope = lm.decoder().newScope();
                    KvCache cache = lm.decoder().newCache()) {
                lm.decoder()
                        .forward(
                                scope, new int[][] {window}, cache, Seams.none().withHook(new Seams.HiddenHook() {
                                    @Override
                                    public NDArray afterLayer(int layer, NDArray x) {
                                        if ((layer + 1) % every == 0 && (layer + 1) / every <= STATES) {
                                            for (float[] row : Floats.rows(x)) {
                                                all.get((layer + 1) / every - 1).add(normed(row));
                                            }
                                        }
                                        return x;
                                    }
                                }));
            }
        }
        return all;
    }

    /** Root mean square 1, as the norm before a projection makes it. */
    private static float[] normed(float[] x) {
        double squares = 0;
        for (float v : x) {
            squares += v * v;
        }
        float scale = (float) (1 / Math.sqrt(squares / x.length + 1e-5));
        for (int i = 0; i < x.length; i++) {
            x[i] *= scale;
        }
        return x;
    }
}

package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Runs.Driver;
import dev.engram.model.engine.LayerNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Each seam with a plug-in that does nothing and with one whose effect is computed by hand, in one call and layer by layer,
 * for a whole prompt, for a later chunk and for single tokens. Where a neutral plug-in leaves the arithmetic as it is
 * (hook, projections, vectors, adapters, no bias) the logits are the same bits; where it makes the kernel take the form of
 * attention with visible probabilities or a mask (watch, rows, bias) they are equal to 1e-5.
 */
class SeamsTest {
    private static final int N = 20;
    /** A prompt, a later chunk, then single tokens. */
    private static final int[] PARTS = {9, 8, 1};

    private static RandomCheckpoint checkpoint;
    private static LmConfig config;
    private static Decoder decoder;
    private static int[] ids;
    private static float[] plain;

    @BeforeAll
    static void open() {
        checkpoint = Tiny.checkpoint();
        config = checkpoint.config();
        decoder = Golden.decoder(checkpoint, Golden.F32);
        ids = Tiny.ids(N);
        plain = Runs.logits(decoder, Driver.STACK, ids, Seams.none(), PARTS);
    }

    @AfterAll
    static void close() {
        decoder.close();
    }

    private static void same(String what, Seams seams) {
        for (Driver driver : Driver.values()) {
            assertArrayEquals(plain, Runs.logits(decoder, driver, ids, seams, PARTS), 0f, what + " " + driver);
        }
    }

    private static void equal(String what, Seams seams) {
        for (Driver driver : Driver.values()) {
            near(what + " " + driver, plain, Runs.logits(decoder, driver, ids, seams, PARTS), 1e-5);
        }
    }

    private static void near(String what, float[] reference, float[] ours, double bar) {
        double error = Golden.relativeRms(ours, reference);
        assertTrue(error <= bar, what + ": relative RMS " + error);
    }

    private static void near(String what, double[] reference, float[] ours, double bar) {
        double difference = 0;
        double size = 0;
        assertEquals(reference.length, ours.length, what);
        for (int i = 0; i < ours.length; i++) {
            difference += (ours[i] - reference[i]) * (ours[i] - reference[i]);
            size += reference[i] * reference[i];
        }
        double error = Math.sqrt(difference / size);
        assertTrue(error <= bar, what + ": relative RMS " + error);
    }

    @Test
    void neutralPlugIns() {
        same("nothing", Seams.none());
        same("hook", Seams.none().withHook(new Seams.HiddenHook() {}));
        same("projections", Seams.none().withProjections((layer, q, k, v) -> {}));
        same("absent bias", Seams.none().withBias((layer, slots) -> null));
        equal("watch", Seams.none().withWatch((layer, received) -> {}));
        equal("absent rows", Seams.none().withRows(layer -> null));
        try (NDManager scope = decoder.newScope()) {
            equal("zero bias", Seams.none().withBias((layer, slots) -> scope.zeros(new Shape(1, 1, 1, slots))));
            equal(
                    "zero bias per head",
                    Seams.none().withBias((layer, slots) -> scope.zeros(new Shape(1, config.kvHeads(), 1, slots))));
        }
    }

    @Test
    void rowsThatNobodySeesChangeNothing() {
        try (NDManager scope = decoder.newScope()) {
            NDArray rows = Tiny.normal(scope, 1, 1, config.kvHeads(), 5, config.headDim());
            int[] tokens = {0};
            Seams.ExtraRows hidden = new Seams.ExtraRows() {
                @Override
                public Seams.Rows of(int layer) {
                    return new Seams.Rows(rows, rows);
                }

                @Override
                public NDArray mask() {
                    return scope.full(new Shape(tokens[0], 5), Float.NEGATIVE_INFINITY);
                }
            };
            for (Driver driver : Driver.values()) {
                try (KvCache cache = decoder.newCache()) {
                    float[] all = new float[0];
                    for (int at = 0, c = 0; at < N; at += tokens[0], c++) {
                        tokens[0] = Math.min(N - at, PARTS[Math.min(c, 2)]);
                        all = Runs.join(
                                all,
                                Runs.logits(
                                        decoder,
                                        driver,
                                        Arrays.copyOfRange(ids, at, at + tokens[0]),
                                        cache,
                                        Seams.none().withRows(hidden)));
                    }
                    near("hidden rows " + driver, plain, all, 1e-5);
                }
            }
        }
    }

    /** Everything the hand computation needs of a run, layer by layer. */
    private record Seen(Runs.Projections projections, Runs.Residuals residuals) {
        static Seen empty() {
            return new Seen(new Runs.Projections(config), new Runs.Residuals());
        }

        Seams in(Seams seams) {
            return seams.withProjections(projections).withHook(residuals);
        }
    }

    private static int[] upTo(int n) {
        return IntStream.range(0, n).toArray();
    }

    @Test
    void attentionIsTheHandComputedOne() {
        Seen seen = Seen.empty();
        Runs.logits(decoder, Driver.LAYERS, ids, seen.in(Seams.none()));
        Runs.Received received = new Runs.Received(config, N);
        Runs.logits(decoder, Driver.STACK, ids, Seams.none().withWatch(received));
        for (int i = 0; i < config.layers(); i++) {
            HandLayer hand = new HandLayer(checkpoint, i);
            HandLayer.Bias causal = HandLayer.causal(upTo(N), upTo(N));
            near("layer " + i, handAttention(hand, seen, i, causal), seen.residuals.middle.get(i), 1e-5);
            double[][][] p =
                    hand.probabilities(seen.projections.q.get(i), upTo(N), seen.projections.k.get(i), upTo(N), causal);
            double[] expected = new double[config.kvHeads() * N];
            for (int h = 0; h < config.heads(); h++) {
                for (int t = 0; t < N; t++) {
                    for (int s = 0; s < N; s++) {
                        expected[h / config.group() * N + s] += p[h][t][s] / config.group();
                    }
                }
            }
            near("received by layer " + i, expected, received.layers[i], 1e-5);
        }
    }

    private static double[] handAttention(HandLayer hand, Seen seen, int layer, HandLayer.Bias bias) {
        return hand.after(
                seen.residuals.before.get(layer),
                seen.projections.q.get(layer),
                upTo(N),
                seen.projections.k.get(layer),
                seen.projections.v.get(layer),
                upTo(N),
                bias);
    }

    @Test
    void biasHidesWeakensAndDiffersByHead() {
        // slot 2 is hidden from all, slot 4 only from the second key/value head, slot 5 is weakened for the first
        HandLayer.Bias own = (h, t, s) -> {
            int kv = h / config.group();
            if (s == 2 && t > 2 || s == 4 && t > 4 && kv == 1) {
                return Double.NEGATIVE_INFINITY;
            }
            return s == 5 && kv == 0 ? -0.7 : 0;
        };
        try (NDManager scope = decoder.newScope()) {
            Seams.SlotBias bias = (layer, slots) -> {
                float[] values = new float[config.kvHeads() * N * slots];
                for (int kv = 0; kv < config.kvHeads(); kv++) {
                    for (int t = 0; t < N; t++) {
                        for (int s = 0; s < slots; s++) {
                            values[(kv * N + t) * slots + s] = (float) own.of(kv * config.group(), t, s);
                        }
                    }
                }
                return scope.create(values, new Shape(1, config.kvHeads(), N, slots));
            };
            Seen seen = Seen.empty();
            float[] layered = Runs.logits(
                    decoder, Driver.LAYERS, ids, seen.in(Seams.none().withBias(bias)));
            HandLayer.Bias causal = HandLayer.causal(upTo(N), upTo(N));
            for (int i = 0; i < config.layers(); i++) {
                near(
                        "layer " + i,
                        handAttention(
                                new HandLayer(checkpoint, i),
                                seen,
                                i,
                                (h, t, s) -> causal.of(h, t, s) + own.of(h, t, s)),
                        seen.residuals.middle.get(i),
                        1e-5);
            }
            near(
                    "stack",
                    layered,
                    Runs.logits(decoder, Driver.STACK, ids, Seams.none().withBias(bias)),
                    1e-5);
            near(
                    "with visible probabilities",
                    layered,
                    Runs.logits(
                            decoder,
                            Driver.STACK,
                            ids,
                            Seams.none().withBias(bias).withWatch((layer, received) -> {})),
                    1e-5);
            assertTrue(Golden.relativeRms(layered, Runs.logits(decoder, Driver.STACK, ids, Seams.none())) > 1e-3);
        }
    }

    @Test
    void biasActsWhileDecoding() {
        try (NDManager scope = decoder.newScope()) {
            float[] values = new float[config.kvHeads() * N];
            values[3] = Float.NEGATIVE_INFINITY;
            values[N + 7] = -1.5f;
            NDArray bias = scope.create(values, new Shape(1, config.kvHeads(), 1, N));
            float[][] last = new float[2][];
            for (Driver driver : Driver.values()) {
                Seen seen = Seen.empty();
                try (KvCache cache = decoder.newCache()) {
                    Runs.logits(
                            decoder,
                            driver,
                            Arrays.copyOf(ids, N - 1),
                            cache,
                            Seams.none().withProjections(seen.projections));
                    Seams seams = Seams.none().withBias((layer, slots) -> bias);
                    last[driver.ordinal()] = Runs.logits(
                            decoder,
                            driver,
                            new int[] {ids[N - 1]},
                            cache,
                            driver == Driver.LAYERS ? seen.in(seams) : seams);
                }
                for (int i = 0; driver == Driver.LAYERS && i < config.layers(); i++) {
                    float[] q = seen.projections.q.get(i);
                    double[] hand = new HandLayer(checkpoint, i)
                            .after(
                                    seen.residuals.before.get(i),
                                    Arrays.copyOfRange(q, q.length / N * (N - 1), q.length),
                                    new int[] {N - 1},
                                    seen.projections.k.get(i),
                                    seen.projections.v.get(i),
                                    upTo(N),
                                    (h, t, s) -> values[h / config.group() * N + s]);
                    near("layer " + i, hand, seen.residuals.middle.get(i), 1e-5);
                }
            }
            near("drivers", last[1], last[0], 1e-5);
        }
    }

    /** The first tokens as rows of another text: their keys and values as the cache holds them. */
    private static Seams.ExtraRows prefixRows(NDManager scope, int prefix) {
        List<Seams.Rows> rows = new ArrayList<>();
        try (KvCache cache = decoder.newCache()) {
            Runs.logits(decoder, Driver.STACK, Arrays.copyOf(ids, prefix), cache, Seams.none());
            for (int i = 0; i < config.layers(); i++) {
                rows.add(new Seams.Rows(cache.keys(scope, i), cache.values(scope, i)));
            }
        }
        return rows::get;
    }

    @Test
    void rowsOfAPrefixAreThePrefix() {
        int prefix = 6;
        float[] expected = Arrays.copyOfRange(plain, prefix * config.vocab(), plain.length);
        try (NDManager scope = decoder.newScope()) {
            Seams seams = Seams.none().withRows(prefixRows(scope, prefix));
            for (Driver driver : Driver.values()) {
                for (int[] parts : new int[][] {{N}, {9, 4, 1}}) {
                    try (KvCache cache = decoder.newCache(prefix)) {
                        float[] ours =
                                Runs.logits(decoder, driver, Arrays.copyOfRange(ids, prefix, N), cache, seams, parts);
                        near(driver + " " + Arrays.toString(parts), expected, ours, 1e-5);
                        assertEquals(N - prefix, cache.length(0));
                        assertEquals(N - prefix, cache.tokensSeen());
                    }
                }
            }
        }
    }

    @Test
    void rowsReceiveAttentionBeforeTheSlots() {
        int prefix = 6;
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(prefix)) {
            Runs.Received whole = new Runs.Received(config, 1);
            Runs.logits(decoder, Driver.STACK, ids, Seams.none().withWatch(whole));
            Runs.Received split = new Runs.Received(config, 1);
            Seams seams = Seams.none().withRows(prefixRows(scope, prefix)).withWatch(split);
            Runs.logits(decoder, Driver.STACK, Arrays.copyOfRange(ids, prefix, N), cache, seams);
            for (int i = 0; i < config.layers(); i++) {
                near("layer " + i, whole.layers[i], split.layers[i], 1e-5);
            }
        }
    }

    @Test
    void aMaskHidesRowsFromSomeQueries() {
        int prefix = 6;
        int n = N - prefix;
        // row r is seen by query t only where this holds
        HandLayer.Bias own = (h, t, s) -> s >= prefix || (s + t) % 3 != 0 ? 0 : Double.NEGATIVE_INFINITY;
        try (NDManager scope = decoder.newScope()) {
            float[] hidden = new float[n * prefix];
            for (int t = 0; t < n; t++) {
                for (int r = 0; r < prefix; r++) {
                    hidden[t * prefix + r] = (float) own.of(0, t, r);
                }
            }
            Seams.ExtraRows open = prefixRows(scope, prefix);
            Seams.ExtraRows rows = new Seams.ExtraRows() {
                @Override
                public Seams.Rows of(int layer) {
                    return layer == 1 ? open.of(1) : null;
                }

                @Override
                public NDArray mask() {
                    return scope.create(hidden, new Shape(n, prefix));
                }
            };
            Seen prefixSeen = Seen.empty();
            Runs.logits(decoder, Driver.LAYERS, Arrays.copyOf(ids, prefix), prefixSeen.in(Seams.none()));
            Seen seen = Seen.empty();
            float[] layered;
            try (KvCache cache = decoder.newCache(prefix)) {
                layered = Runs.logits(
                        decoder,
                        Driver.LAYERS,
                        Arrays.copyOfRange(ids, prefix, N),
                        cache,
                        seen.in(Seams.none().withRows(rows)));
            }
            int[] queries = IntStream.range(prefix, N).toArray();
            HandLayer.Bias causal = HandLayer.causal(queries, upTo(N));
            double[] hand = new HandLayer(checkpoint, 1)
                    .after(
                            seen.residuals.before.get(1),
                            seen.projections.q.get(1),
                            queries,
                            Runs.join(prefixSeen.projections.k.get(1), seen.projections.k.get(1)),
                            Runs.join(prefixSeen.projections.v.get(1), seen.projections.v.get(1)),
                            upTo(N),
                            (h, t, s) -> causal.of(h, t, s) + own.of(h, t, s));
            near("by hand", hand, seen.residuals.middle.get(1), 1e-5);
            try (KvCache cache = decoder.newCache(prefix)) {
                near(
                        "stack",
                        layered,
                        Runs.logits(
                                decoder,
                                Driver.STACK,
                                Arrays.copyOfRange(ids, prefix, N),
                                cache,
                                Seams.none().withRows(rows)),
                        1e-5);
            }
        }
    }

    @Test
    void aTokensOwnEmbeddingAsVectorIsTheToken() {
        int d = config.hidden();
        float[] table = Tiny.values(checkpoint, LayerNames.EMBEDDING);
        for (Driver driver : Driver.values()) {
            try (NDManager scope = decoder.newScope();
                    KvCache cache = decoder.newCache()) {
                int[] other = ids.clone();
                other[4] = (ids[4] + 1) % config.vocab();
                other[11] = (ids[11] + 1) % config.vocab();
                Map<Integer, NDArray> vectors = new HashMap<>();
                for (int at : new int[] {4, 11}) {
                    vectors.put(at, scope.create(Arrays.copyOfRange(table, ids[at] * d, (ids[at] + 1) * d)));
                }
                NDArray x = decoder.embed(scope, new int[][] {other}, cache);
                assertArrayEquals(
                        x.toFloatArray(), decoder.inject(scope, x, Map.of()).toFloatArray());
                NDArray hidden =
                        Runs.pass(decoder, driver, scope, decoder.inject(scope, x, vectors), cache, Seams.none());
                assertArrayEquals(
                        Runs.logits(decoder, driver, ids, Seams.none()),
                        decoder.logits(scope, hidden, 0).toFloatArray(),
                        0f);
                // one vector while decoding
                int next = 13;
                NDArray vector = scope.create(Arrays.copyOfRange(table, next * d, (next + 1) * d));
                try (KvCache fork = cache.fork()) {
                    float[] expected = Runs.logits(decoder, driver, new int[] {next}, fork, Seams.none());
                    NDArray one =
                            decoder.inject(scope, decoder.embed(scope, new int[][] {{0}}, cache), Map.of(0, vector));
                    NDArray last = Runs.pass(decoder, driver, scope, one, cache, Seams.none());
                    assertArrayEquals(expected, decoder.logits(scope, last, 0).toFloatArray(), 0f);
                }
            }
        }
    }

    @Test
    void anInjectedVectorMustFit() {
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            NDArray x = decoder.embed(scope, new int[][] {ids}, cache);
            NDArray good = scope.zeros(new Shape(config.hidden()));
            NDArray wide = scope.zeros(new Shape(config.hidden() + 1));
            for (Map<Integer, NDArray> bad : List.of(Map.of(N, good), Map.of(-1, good), Map.of(0, wide))) {
                BadInputException e = assertThrows(BadInputException.class, () -> decoder.inject(scope, x, bad));
                assertTrue(e.getMessage().endsWith("."), e.getMessage());
            }
        }
    }

    @Test
    void aHookAddsAVector() {
        // added to the embedding at layer 0: the same as injecting embedding + vector
        int d = config.hidden();
        float[] table = Tiny.values(checkpoint, LayerNames.EMBEDDING);
        try (NDManager scope = decoder.newScope()) {
            float[] values = new float[d];
            Random random = new Random(7);
            for (int i = 0; i < d; i++) {
                values[i] = 0.1f * (float) random.nextGaussian();
            }
            NDArray vector = scope.create(values);
            Seams.HiddenHook hook = new Seams.HiddenHook() {
                @Override
                public NDArray beforeAttention(int layer, NDArray x) {
                    return layer == 0 ? x.add(vector) : x;
                }
            };
            float[] added = vector.toFloatArray();
            Map<Integer, float[]> sums = new HashMap<>();
            for (int t = 0; t < N; t++) {
                float[] sum = Arrays.copyOfRange(table, ids[t] * d, (ids[t] + 1) * d);
                for (int i = 0; i < d; i++) {
                    sum[i] += added[i];
                }
                sums.put(t, sum);
            }
            // like with like: a prompt in parts takes other sums in f32 than a whole one
            near("prompt", injected(sums, N), hooked(hook), 1e-5);
            near("parts", injected(sums, PARTS), hooked(hook, PARTS), 1e-5);
        }
    }

    /** Logits with a vector in place of every embedding, fed in parts. */
    private static float[] injected(Map<Integer, float[]> vectors, int... parts) {
        int vocab = config.vocab();
        float[] all = new float[N * vocab];
        int at = 0;
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            for (int c = 0; at < N; c++) {
                int end = Math.min(N, at + parts[Math.min(c, parts.length - 1)]);
                Map<Integer, NDArray> own = new HashMap<>();
                for (int t = at; t < end; t++) {
                    own.put(t - at, scope.create(vectors.get(t)));
                }
                NDArray tokens = decoder.embed(scope, new int[][] {Arrays.copyOfRange(ids, at, end)}, cache);
                NDArray x = decoder.inject(scope, tokens, own);
                float[] logits = decoder.logits(scope, decoder.forward(scope, x, cache, Seams.none()), 0)
                        .toFloatArray();
                System.arraycopy(logits, 0, all, at * vocab, logits.length);
                at = end;
            }
        }
        return all;
    }

    private static float[] hooked(Seams.HiddenHook hook, int... parts) {
        return Runs.logits(decoder, Driver.STACK, ids, Seams.none().withHook(hook), parts);
    }

    @Test
    void aHookActsAtItsPlace() {
        // after the last layer: x + vector goes into the final norm and the head, which is computed by hand
        int last = config.layers() - 1;
        int d = config.hidden();
        float[] table = Tiny.values(checkpoint, LayerNames.EMBEDDING);
        Runs.Residuals seen = new Runs.Residuals();
        hooked(seen);
        float[] x = seen.after.get(last);
        try (NDManager scope = decoder.newScope()) {
            NDArray vector = Tiny.normal(scope, 2, d);
            float[] added = vector.toFloatArray();
            double[] expected = new double[N * config.vocab()];
            for (int t = 0; t < N; t++) {
                double square = 0;
                for (int i = 0; i < d; i++) {
                    square += Math.pow(x[t * d + i] + added[i], 2);
                }
                double r = 1 / Math.sqrt(square / d + config.normEps());
                for (int w = 0; w < config.vocab(); w++) {
                    for (int i = 0; i < d; i++) {
                        expected[t * config.vocab() + w] += (x[t * d + i] + added[i]) * r * table[w * d + i];
                    }
                }
            }
            near(
                    "after the last layer",
                    expected,
                    hooked(new Seams.HiddenHook() {
                        @Override
                        public NDArray afterLayer(int layer, NDArray h) {
                            return layer == last ? h.add(vector) : h;
                        }
                    }),
                    1e-5);
            // between the halves of layer 1: what comes out of attention is changed, what goes in is not
            Runs.Residuals changed = new Runs.Residuals() {
                @Override
                public NDArray afterAttention(int layer, NDArray h) {
                    super.afterAttention(layer, h);
                    return layer == 1 ? h.add(vector) : h;
                }
            };
            Runs.Residuals base = new Runs.Residuals();
            hooked(base);
            hooked(changed);
            assertArrayEquals(base.middle.get(1), changed.middle.get(1), 0f);
            assertTrue(Golden.relativeRms(changed.after.get(1), base.after.get(1)) > 1e-3);
        }
    }

    @Test
    void seamsActTogether() {
        // all at once in both forms: hook, projections, watch, rows and bias
        int prefix = 6;
        try (NDManager scope = decoder.newScope()) {
            Seams both = Seams.none()
                    .withRows(prefixRows(scope, prefix))
                    .withBias((layer, slots) -> scope.full(new Shape(1, 1, 1, slots), -0.25f))
                    .withWatch((layer, received) -> {});
            float[][] results = new float[3][];
            for (int i = 0; i < 3; i++) {
                Seams seams =
                        i < 2 ? both : both.withHook(new Seams.HiddenHook() {}).withProjections((layer, q, k, v) -> {});
                try (KvCache cache = decoder.newCache(prefix)) {
                    results[i] = Runs.logits(
                            decoder,
                            i == 0 ? Driver.STACK : Driver.LAYERS,
                            Arrays.copyOfRange(ids, prefix, N),
                            cache,
                            seams,
                            PARTS);
                }
            }
            near("layers", results[0], results[1], 1e-5);
            near("hook and projections", results[0], results[2], 1e-5);
        }
    }
}

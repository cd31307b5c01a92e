package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.CachePolicy;
import dev.engram.model.Decoder;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Positions;
import dev.engram.model.Seams;
import dev.engram.model.Tiny;
import dev.engram.model.engine.AngleTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each scorer against its formula, written out token by token from what the passes showed. */
class ScorersTest {
    private static final int[] IDS = Tiny.ids(60);
    private static final int[] CHUNKS = {10, 1, 1, 6, 3, 1, 1, 1, 14, 1, 1, 9, 1, 1};
    private static Decoder decoder;
    private static LmConfig config;

    @BeforeAll
    static void open() {
        decoder = Tiny.decoder();
        config = decoder.config();
    }

    @AfterAll
    static void close() {
        decoder.close();
    }

    /** What one pass showed of one layer; {@code tokens} [heads][slots] by text index. */
    private record Pass(int[][] tokens, float[][] received, int newTokens, int now) {}

    /** Reads the text with a scorer that decides nothing, while slots are deleted at random. */
    private static final class Trace implements CachePolicy {
        private final SlotScorer scorer;
        private final boolean perHead;
        private final List<List<Pass>> passes = new ArrayList<>();
        private final int[][][] alive = new int[config.layers()][config.kvHeads()][0];
        private final float[][][] scores = new float[config.layers()][][];
        private final List<float[]> keys = new ArrayList<>();
        private final List<float[]> values = new ArrayList<>();
        private final Random random = new Random(5);
        private final boolean deletes;

        Trace(SlotScorer scorer, boolean deletes, boolean perHead, int... chunks) {
            this.scorer = scorer;
            this.deletes = deletes;
            this.perHead = perHead;
            for (int i = 0; i < config.layers(); i++) {
                passes.add(new ArrayList<>());
                keys.add(null);
                values.add(null);
            }
            try (KvCache cache = decoder.newCache()) {
                PolicyRunner runner = new PolicyRunner(this, cache);
                Seams seams = runner.listen(Seams.none());
                for (int at = 0, c = 0; at < IDS.length; c++) {
                    int end = Math.min(IDS.length, at + chunks[Math.min(c, chunks.length - 1)]);
                    runner.before(end - at);
                    try (NDManager scope = decoder.newScope()) {
                        decoder.forward(scope, new int[][] {Arrays.copyOfRange(IDS, at, end)}, cache, seams);
                        runner.apply(end - at);
                    }
                    at = end;
                }
            }
        }

        @Override
        public int queries() {
            return scorer.queries();
        }

        @Override
        public Seams equip(Seams seams) {
            return scorer.equip(seams);
        }

        @Override
        public int[][] keep(Layer layer) {
            int i = layer.index();
            int now = layer.cache().tokensSeen();
            for (int h = 0; h < alive[i].length; h++) {
                int[] own = alive[i][h];
                alive[i][h] = Arrays.copyOf(own, layer.slots());
                for (int s = own.length; s < layer.slots(); s++) {
                    alive[i][h][s] = now - layer.slots() + s;
                }
            }
            float[][] received = layer.received() == null
                    ? null
                    : Arrays.stream(layer.received()).map(float[]::clone).toArray(float[][]::new);
            passes.get(i).add(new Pass(alive[i].clone(), received, layer.newTokens(), now));
            scorer.observe(layer);
            float[][] score = scorer.score(layer);
            scores[i] = Arrays.stream(score).map(float[]::clone).toArray(float[][]::new);
            if (now == IDS.length) {
                try (NDManager scope = layer.cache().newScope()) {
                    keys.set(i, layer.keys(scope).toFloatArray());
                    values.set(i, layer.values(scope).toFloatArray());
                }
                return null;
            }
            if (!deletes || layer.slots() < 8) {
                return null;
            }
            int stay = layer.slots() - 1 - random.nextInt(3);
            int[][] kept = new int[perHead ? alive[i].length : 1][];
            for (int h = 0; h < kept.length; h++) {
                List<Integer> slots = new ArrayList<>(
                        IntStream.range(0, layer.slots()).boxed().toList());
                while (slots.size() > stay) {
                    slots.remove(random.nextInt(slots.size()));
                }
                kept[h] = slots.stream().mapToInt(Integer::intValue).toArray();
            }
            for (int h = 0; h < alive[i].length; h++) {
                int[] from = alive[i][h];
                alive[i][h] =
                        Arrays.stream(kept[perHead ? h : 0]).map(s -> from[s]).toArray();
            }
            scorer.kept(i, kept);
            return kept;
        }

        /** Compares the last scores, [heads][slots], with a number per living token. */
        void expect(Formula formula, double bar) {
            for (int i = 0; i < scores.length; i++) {
                for (int h = 0; h < scores[i].length; h++) {
                    assertEquals(alive[i][h].length, scores[i][h].length);
                    for (int s = 0; s < scores[i][h].length; s++) {
                        double expected = formula.of(i, h, alive[i][h][s]);
                        String where = "layer " + i + " head " + h + " token " + alive[i][h][s];
                        assertEquals(expected, scores[i][h][s], bar * Math.max(1, Math.abs(expected)), where);
                    }
                }
            }
        }

        /** Attention that a token received in a pass, of one head or (head −1) the mean of all; 0 before its birth. */
        double received(int layer, int head, Pass pass, int token) {
            double sum = 0;
            int heads = head < 0 ? pass.received.length : 1;
            for (int h = Math.max(0, head); h < Math.max(0, head) + heads; h++) {
                int slot = Arrays.binarySearch(pass.tokens[h], token);
                sum += slot < 0 ? 0 : pass.received[h][slot] / heads;
            }
            return sum;
        }

        /** In shares of what a slot gets if all get the same. */
        double relative(int layer, Pass pass, int token) {
            return received(layer, -1, pass, token) * pass.tokens[0].length / pass.newTokens;
        }
    }

    private interface Formula {
        double of(int layer, int head, int token);
    }

    @Test
    void heavyHittersSumAllAttention() {
        Trace trace = new Trace(new HeavyHitters(1), true, true, CHUNKS);
        trace.expect(
                (i, h, token) -> trace.passes.get(i).stream()
                        .mapToDouble(p -> trace.received(i, h, p, token))
                        .sum(),
                1e-5);
    }

    @Test
    void decayDiscountsTokenByToken() {
        Trace trace = new Trace(new HeavyHitters(0.9), true, true, 1);
        trace.expect(
                (i, h, token) -> {
                    double score = 0;
                    for (Pass p : trace.passes.get(i)) {
                        score = 0.9 * score + trace.received(i, h, p, token);
                    }
                    return score;
                },
                1e-5);
        // a pass of several tokens: right in sum when every query pays alike
        Trace chunks = new Trace(new HeavyHitters(0.9), false, true, 6);
        double single = 0;
        double whole = 0;
        for (int t = 0; t < IDS.length; t++) {
            single = 0.9 * single + 1;
        }
        for (float x : chunks.scores[1][0]) {
            whole += x;
        }
        assertEquals(single, whole, 1e-4);
    }

    @Test
    void tovaAsksTheLastQueryOfAllHeads() {
        Trace trace = new Trace(new Tova(), true, false, CHUNKS);
        trace.expect(
                (i, h, token) -> {
                    List<Pass> passes = trace.passes.get(i);
                    return trace.received(i, -1, passes.get(passes.size() - 1), token);
                },
                1e-6);
    }

    @Test
    void snapKvPoolsTheLastWindow() {
        // 4 + 4 tokens at the end are exactly the window; before them a prompt that must not count
        Trace trace = new Trace(new SnapKv(8, 3), true, true, 40, 4, 8, 4, 4);
        trace.expect(
                (i, h, token) -> {
                    int[] alive = trace.alive[i][h];
                    int slot = Arrays.binarySearch(alive, token);
                    int candidates = alive.length - 8;
                    if (slot >= candidates) {
                        return Float.MAX_VALUE;
                    }
                    List<Pass> passes = trace.passes.get(i);
                    double sum = 0;
                    for (int near = Math.max(0, slot - 1); near <= Math.min(candidates - 1, slot + 1); near++) {
                        for (Pass p : passes.subList(passes.size() - 2, passes.size())) {
                            sum += trace.received(i, h, p, alive[near]);
                        }
                    }
                    return sum;
                },
                1e-5);
    }

    @Test
    void snapKvFillsAnUnfinishedWindowWithTheOneBefore() {
        Trace trace = new Trace(new SnapKv(8, 1), false, true, 48, 8, 4);
        trace.expect(
                (i, h, token) -> {
                    List<Pass> p = trace.passes.get(i);
                    return token >= IDS.length - 8
                            ? Float.MAX_VALUE
                            : trace.received(i, h, p.get(2), token) + 0.5 * trace.received(i, h, p.get(1), token);
                },
                1e-5);
    }

    private static double dot(float[] a, int at, float[] b, int from, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (double) a[at + i] * b[from + i];
        }
        return sum;
    }

    @Test
    void geometryOfKeys() {
        int d = config.headDim();
        Trace norms = new Trace(new KeyNorm(), true, true, CHUNKS);
        norms.expect(
                (i, h, token) -> {
                    int at = (h * norms.alive[i][h].length + Arrays.binarySearch(norms.alive[i][h], token)) * d;
                    return -Math.sqrt(dot(norms.keys.get(i), at, norms.keys.get(i), at, d));
                },
                1e-5);
        Trace cosines = new Trace(new KeyDiff(), true, true, CHUNKS);
        cosines.expect(
                (i, h, token) -> {
                    int n = cosines.alive[i][h].length;
                    float[] keys = cosines.keys.get(i);
                    int at = (h * n + Arrays.binarySearch(cosines.alive[i][h], token)) * d;
                    double mean = 0;
                    for (int s = 0; s < n; s++) {
                        int other = (h * n + s) * d;
                        mean += dot(keys, at, keys, other, d)
                                / Math.sqrt(dot(keys, at, keys, at, d) * dot(keys, other, keys, other, d))
                                / n;
                    }
                    return -mean;
                },
                1e-5);
    }

    @Test
    void lagKvRanksWhatStandsOutFromTheNextPartition() {
        int sinks = 3;
        int lag = 8;
        int d = config.headDim();
        Trace trace = new Trace(new LagKv(sinks, lag), true, true, 20, 15, 10, 15);
        trace.expect(
                (i, h, token) -> {
                    int n = trace.alive[i][h].length;
                    int slot = Arrays.binarySearch(trace.alive[i][h], token);
                    int partition = (slot - sinks) / lag;
                    assertTrue(n >= sinks + 2 * lag);
                    if (slot < sinks || partition + 1 >= (n - sinks) / lag) {
                        return slot < sinks ? 2 : 1;
                    }
                    double[] both = new double[lag];
                    for (float[] rows : List.of(trace.keys.get(i), trace.values.get(i))) {
                        double[] e = new double[lag];
                        for (int s = 0; s < lag; s++) {
                            double[] x = new double[d];
                            for (int c = 0; c < d; c++) {
                                int channel = c;
                                double[] next = IntStream.range(0, lag)
                                        .mapToDouble(
                                                o -> rows[(h * n + sinks + (partition + 1) * lag + o) * d + channel])
                                        .toArray();
                                double min = Arrays.stream(next).min().orElseThrow();
                                double max = Arrays.stream(next).max().orElseThrow();
                                x[c] = (rows[(h * n + sinks + partition * lag + s) * d + c] - min) / (max - min);
                            }
                            double mean = Arrays.stream(x).average().orElseThrow();
                            double variance = Arrays.stream(x)
                                            .map(v -> (v - mean) * (v - mean))
                                            .sum()
                                    / (d - 1);
                            e[s] = Math.exp(Math.sqrt(variance));
                        }
                        double total = Arrays.stream(e).sum();
                        for (int s = 0; s < lag; s++) {
                            both[s] += e[s] / total;
                        }
                    }
                    double own = both[(slot - sinks) % lag];
                    return Arrays.stream(both).filter(b -> b < own).count() / (double) lag;
                },
                1e-6);
    }

    @Test
    void expectedAttentionIsTheFormulaOfOnePass() {
        int sinks = 4;
        int future = 16;
        int n = IDS.length;
        int d = config.headDim();
        List<float[]> queries = new ArrayList<>();
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            Seams seams = Seams.none().withProjections((layer, q, k, v) -> queries.add(q.toFloatArray()));
            decoder.forward(scope, new int[][] {IDS}, cache, seams);
        }
        Trace trace = new Trace(new ExpectedAttention(sinks, future, 100), false, true, n);
        float[] inverse = AngleTable.inverseFrequencies((Positions.Rope) config.positions(), d);
        double[][] expected = new double[config.layers() * config.kvHeads()][n];
        for (int i = 0; i < config.layers(); i++) {
            for (int head = 0; head < config.heads(); head++) {
                int h = head / config.group();
                double[] mean = new double[d];
                double[][] rotated = new double[n - sinks][];
                for (int t = sinks; t < n; t++) {
                    // every query stands at every future position once: the average rotation, applied one by one
                    double[] turned = new double[d];
                    for (int p = n; p < n + future; p++) {
                        for (int c = 0; c < d / 2; c++) {
                            double a = queries.get(i)[(t * config.heads() + head) * d + c];
                            double b = queries.get(i)[(t * config.heads() + head) * d + c + d / 2];
                            double angle = (double) p * inverse[c];
                            turned[c] += (a * Math.cos(angle) - b * Math.sin(angle)) / future;
                            turned[c + d / 2] += (b * Math.cos(angle) + a * Math.sin(angle)) / future;
                        }
                    }
                    rotated[t - sinks] = turned;
                    for (int c = 0; c < d; c++) {
                        mean[c] += turned[c] / (n - sinks);
                    }
                }
                double[] weight = new double[n];
                for (int s = sinks; s < n; s++) {
                    int at = (h * n + s) * d;
                    double linear = 0;
                    for (int c = 0; c < d; c++) {
                        linear += trace.keys.get(i)[at + c] * mean[c];
                    }
                    double square = 0;
                    for (double[] q : rotated) {
                        double off = 0;
                        for (int c = 0; c < d; c++) {
                            off += trace.keys.get(i)[at + c] * (q[c] - mean[c]);
                        }
                        square += off * off / (n - sinks);
                    }
                    weight[s] = Math.exp(linear / Math.sqrt(d) + square / (2 * d));
                }
                double total = Arrays.stream(weight).sum();
                for (int s = sinks; s < n; s++) {
                    int at = (h * n + s) * d;
                    double length = Math.sqrt(dot(trace.values.get(i), at, trace.values.get(i), at, d));
                    expected[i * config.kvHeads() + h][s] += weight[s] / total / config.group() * length;
                }
            }
        }
        trace.expect(
                (i, h, token) -> token < sinks ? Float.MAX_VALUE : expected[i * config.kvHeads() + h][token], 1e-5);
    }

    @Test
    void queryMomentsFadeWithTheText() {
        // two passes: the older one weighs exp(−tokens / horizon) for each of its queries
        double[][] x = {{1, 2}, {3, 5}, {-2, 0}, {4, 4}, {1, -3}};
        try (NDManager scope = decoder.newScope()) {
            QueryMoments m = new QueryMoments(1);
            m.add(scope.create(new float[] {1, 2, 3, 5, -2, 0}, new Shape(1, 3, 1, 2)), 4);
            m.add(scope.create(new float[] {4, 4, 1, -3}, new Shape(1, 2, 1, 2)), 4);
            double[] w = {0, Math.exp(-0.5), Math.exp(-0.5), 1, 1};
            double total = Arrays.stream(w).sum();
            double[] mean = new double[2];
            for (int t = 0; t < x.length; t++) {
                mean[0] += w[t] * x[t][0] / total;
                mean[1] += w[t] * x[t][1] / total;
            }
            double[] covariance = new double[4];
            for (int t = 0; t < x.length; t++) {
                for (int e = 0; e < 4; e++) {
                    covariance[e] += w[t] * (x[t][e / 2] - mean[e / 2]) * (x[t][e % 2] - mean[e % 2]) / total;
                }
            }
            for (int e = 0; e < 4; e++) {
                assertEquals(mean[e % 2], m.mean()[e % 2], 1e-5);
                assertEquals(covariance[e], m.covariance()[e], 1e-5);
            }
        }
    }

    @Test
    void memoryBankAddsOneForEachRecall() {
        Trace trace = new Trace(new MemoryBank(10), true, false, CHUNKS);
        trace.expect(
                (i, h, token) -> {
                    double s = 1;
                    int last = token + 1;
                    for (Pass p : trace.passes.get(i)) {
                        if (trace.relative(i, p, token) >= 1) {
                            s += p.newTokens;
                            last = p.now;
                        }
                    }
                    return -(IDS.length - last) / 10.0 / s;
                },
                1e-5);
    }

    @Test
    void powerLawGrowsWithAttention() {
        Trace trace = new Trace(new PowerLaw(0.7, 10, 0.3), true, false, CHUNKS);
        trace.expect(
                (i, h, token) -> {
                    double lambda = 1;
                    int last = token + 1;
                    for (Pass p : trace.passes.get(i)) {
                        lambda += 0.3 * p.newTokens * trace.relative(i, p, token);
                        last = trace.relative(i, p, token) >= 1 ? p.now : last;
                    }
                    return Math.log(lambda * Math.pow(1 + (IDS.length - last) / 10.0, -0.7));
                },
                1e-5);
    }

    @Test
    void baseLevelCountsUses() {
        BaseLevel level = new BaseLevel(0.5);
        Trace trace = new Trace(level, true, false, CHUNKS);
        trace.expect(
                (i, h, token) -> {
                    double n = 1;
                    int last = token + 1;
                    for (Pass p : trace.passes.get(i)) {
                        boolean used = trace.relative(i, p, token) >= 1;
                        n += used ? p.newTokens : 0;
                        last = used ? p.now : last;
                    }
                    return level.activation(n, IDS.length - last + 1, IDS.length - token);
                },
                1e-5);
        // the approximation against the whole sum: a single use is exact, many even ones nearly so
        assertEquals(-0.5 * Math.log(7), level.activation(1, 7, 7), 1e-12);
        double sum =
                IntStream.rangeClosed(1, 200).mapToDouble(t -> 1 / Math.sqrt(t)).sum();
        assertEquals(Math.log(sum), level.activation(200, 1, 200), 0.03);
        assertTrue(level.activation(3, 5, 50) > level.activation(2, 5, 50));
        assertTrue(level.activation(3, 5, 50) > level.activation(3, 6, 50));
    }

    @Test
    void fadingIsABiasOfQueryAndKeyPositions() {
        double tokens = 6;
        Fading fading = new Fading(tokens);
        CachePolicy soft =
                new SoftForgetting(fading, new Eviction(fading, EvictionConfig.of(Budget.unlimited())), fading.rate());
        float[] bias = new float[IDS.length * IDS.length];
        for (int t = 0; t < IDS.length; t++) {
            for (int s = 0; s < t; s++) {
                bias[t * IDS.length + s] = (float) ((s - t) / tokens);
            }
        }
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache();
                LockStep run = new LockStep(decoder, soft, false).feed(IDS, 20, 30, 3, 7)) {
            NDArray exact = scope.create(bias, new Shape(1, 1, IDS.length, IDS.length));
            Seams faded = Seams.none().withBias((layer, slots) -> exact);
            float[] all = decoder.logits(scope, decoder.forward(scope, new int[][] {IDS}, cache, faded), 0)
                    .toFloatArray();
            float[] last = Arrays.copyOfRange(all, all.length - run.logits().length, all.length);
            double error = Golden.relativeRms(run.logits(), last);
            assertTrue(error <= 1e-5, "relative RMS " + error);
        }
    }

    @Test
    void theOracleKnowsWhatIsToCome() {
        FutureAttention future = FutureAttention.record(decoder, IDS, 6);
        assertEquals(IDS.length, future.tokens());
        Trace past = new Trace(new HeavyHitters(1), false, true, 6);
        for (int seen : new int[] {6, 30, 33, 54}) {
            for (int i = 0; i < config.layers(); i++) {
                for (int h = 0; h < config.kvHeads(); h++) {
                    float[] worth = future.from(seen, i, h);
                    for (int token = 0; token < seen; token++) {
                        double sum = 0;
                        for (Pass p : past.passes.get(i)) {
                            sum += p.now > seen / 6 * 6 ? past.received(i, h, p, token) : 0;
                        }
                        assertEquals(sum, worth[token], 1e-4);
                    }
                }
            }
        }
        // slots that lost neighbours are still found by their token
        Trace trace = new Trace(new Oracle(future), true, true, 10, 10, 10, 10, 10, 4, 4);
        trace.expect((i, h, token) -> future.from(IDS.length, i, h)[token], 1e-6);
    }

    @Test
    void chanceIsEvenOverTheText() {
        // were numbers drawn anew at each of the 6 decisions, hardly any of the first tokens would be left
        int early = 0;
        int all = 0;
        for (int seed = 0; seed < 20; seed++) {
            CachePolicy policy = new Eviction(new RandomChoice(seed), EvictionConfig.of(Budget.tokens(10)));
            try (LockStep run = new LockStep(decoder, policy, false).feed(IDS, 10)) {
                for (int i = 0; i < config.layers(); i++) {
                    all += run.alive(i, 0).length;
                    early += (int)
                            Arrays.stream(run.alive(i, 0)).filter(t -> t < 30).count();
                }
            }
        }
        assertEquals(600, all);
        assertEquals(300, early, 4 * 11); // 4 standard deviations of 60 draws of 10 out of 60 without replacement
    }
}

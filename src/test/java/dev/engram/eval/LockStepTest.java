package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import dev.engram.model.Tiny;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lock-step scores against the same quantities computed by hand from the logits of separate runs. */
class LockStepTest {
    private static final int N = 50;
    private static Decoder decoder;
    private static int[] ids;
    private static LockStep lock;

    @BeforeAll
    static void open() {
        decoder = Tiny.decoder();
        ids = Tiny.ids(N);
        lock = new LockStep(decoder);
    }

    @AfterAll
    static void close() {
        decoder.close();
    }

    private static Map<String, Supplier<CachePolicy>> policies() {
        Map<String, Supplier<CachePolicy>> all = new LinkedHashMap<>();
        all.put("recent", () -> new TestPolicies.Recent(12));
        all.put("heads", () -> new TestPolicies.RandomHeads(12));
        all.put("attended", () -> new TestPolicies.Attended(4, 12));
        all.put("attended by all", () -> new TestPolicies.Attended(1000, 12));
        return all;
    }

    /** The bar is relative where a value is above 1: logits of this model reach 20. */
    private static void near(double[] expected, double[] found, double bar, String what) {
        assertEquals(expected.length, found.length, what);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], bar * Math.max(1, Math.abs(expected[i])), what + " " + i);
        }
    }

    /** Logits [tokens][vocab] of one cache with one policy, streamed. */
    private static float[][] logits(CachePolicy policy, int chunk) {
        int vocab = decoder.config().vocab();
        float[][] all = new float[N - 1][];
        try (KvCache cache = decoder.newCache()) {
            PolicyRunner runner = new PolicyRunner(policy, cache);
            Seams seams = runner.listen(Seams.none());
            for (int at = 0; at < N - 1; at += chunk) {
                int[] part = Arrays.copyOfRange(ids, at, Math.min(N - 1, at + chunk));
                runner.before(part.length);
                try (NDManager scope = decoder.newScope()) {
                    float[] flat = decoder.logits(scope, decoder.forward(scope, new int[][] {part}, cache, seams), 0)
                            .toFloatArray();
                    for (int t = 0; t < part.length; t++) {
                        all[at + t] = Arrays.copyOfRange(flat, t * vocab, (t + 1) * vocab);
                    }
                }
                runner.apply(part.length);
            }
        }
        return all;
    }

    private static double[] logSoftmax(float[] logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (float v : logits) {
            most = Math.max(most, v);
        }
        double sum = 0;
        for (float v : logits) {
            sum += Math.exp(v - most);
        }
        double[] p = new double[logits.length];
        for (int i = 0; i < p.length; i++) {
            p[i] = logits[i] - most - Math.log(sum);
        }
        return p;
    }

    private static int best(double[] p) {
        int best = 0;
        for (int i = 1; i < p.length; i++) {
            best = p[i] > p[best] ? i : best;
        }
        return best;
    }

    @Test
    void nothingForgottenIsTheFullCache() {
        Map<String, Supplier<CachePolicy>> neutral = new LinkedHashMap<>();
        neutral.put("full", () -> null);
        neutral.put("none", () -> null);
        neutral.put("all", () -> new TestPolicies.KeepAll(0));
        neutral.put("all, watching", () -> new TestPolicies.KeepAll(3));
        neutral.put("unlimited", () -> new TestPolicies.Recent(1000));
        double[] scorer = negated(logprobs());
        for (LockStep each : List.of(lock, lock.withoutMassLost(), lock.withChunk(1), lock.withChunk(64))) {
            List<Score> scores = each.stream(ids, neutral);
            assertEquals(
                    List.of("full", "none", "all", "all, watching", "unlimited"),
                    scores.stream().map(Score::policy).toList());
            for (Score s : scores) {
                near(new double[N - 1], s.kl(), 1e-6, s.policy());
                near(scorer, s.nll(), 1e-5, s.policy());
                assertEquals(1, s.agreement(), s.policy());
            }
        }
        for (Score s : lock.stream(ids, neutral)) {
            near(new double[N - 1], s.massLost(), 0, s.policy());
            assertEquals(1, s.meanOverlap());
        }
    }

    /** The same text through one cache in one pass. */
    private static double[] logprobs() {
        double[] all = new double[N - 1];
        float[][] logits = logits(null, N);
        for (int t = 0; t < N - 1; t++) {
            all[t] = logSoftmax(logits[t])[ids[t + 1]];
        }
        return all;
    }

    private static double[] negated(double[] values) {
        return Arrays.stream(values).map(v -> -v).toArray();
    }

    @Test
    void scoresEqualThoseOfSeparateRuns() {
        for (int chunk : new int[] {1, 7, 16}) {
            List<Score> scores = lock.withChunk(chunk).stream(ids, policies());
            float[][] full = logits(null, chunk);
            for (Score s : scores.subList(1, scores.size())) {
                float[][] own = logits(policies().get(s.policy()).get(), chunk);
                double[] nll = new double[N - 1];
                double[] kl = new double[N - 1];
                double[] agree = new double[N - 1];
                for (int t = 0; t < N - 1; t++) {
                    double[] p = logSoftmax(full[t]);
                    double[] q = logSoftmax(own[t]);
                    nll[t] = -q[ids[t + 1]];
                    agree[t] = best(p) == best(q) ? 1 : 0;
                    for (int v = 0; v < p.length; v++) {
                        kl[t] += Math.exp(p[v]) * (p[v] - q[v]);
                    }
                }
                near(nll, s.nll(), 1e-5, s.policy() + " nll");
                near(kl, s.kl(), 1e-5, s.policy() + " kl");
                near(agree, s.agree(), 0, s.policy() + " agree");
                assertTrue(s.meanKl() > 1e-3, s.policy() + " differs from the full cache");
                assertEquals(1, s.first());
            }
        }
    }

    @Test
    void chunksDoNotMatterWhereNothingIsForgotten() {
        Map<String, Supplier<CachePolicy>> all = Map.of("all", () -> new TestPolicies.KeepAll(2));
        Score one = lock.withChunk(1).stream(ids, all).get(1);
        Score sixteen = lock.stream(ids, all).get(1);
        near(one.nll(), sixteen.nll(), 1e-5, "nll");
    }

    /** Attention mass from the full cache's own attention, and the tokens that are left by their positions. */
    @Test
    void massLostEqualsTheShareOfDroppedSlots() {
        int chunk = 8;
        Map<String, Supplier<CachePolicy>> some = policies();
        some.put("renumbered", () -> new TestPolicies.Renumbered(12));
        List<Score> scores = lock.withChunk(chunk).stream(ids, some);
        double[] attended = null;
        for (Score s : scores.subList(1, scores.size())) {
            CachePolicy policy = some.get(s.policy().equals("renumbered") ? "recent" : s.policy())
                    .get();
            double[] expected = massLost(policy, chunk);
            near(expected, s.massLost(), 1e-5, s.policy());
            assertEquals(0, s.massLost()[chunk - 1], "nothing is gone before the first decision");
            assertTrue(s.massLost()[N - 2] > 0.01, s.policy());
            assertEquals(
                    s.meanMassLost(), Arrays.stream(s.massByLayer()).average().orElse(0), 1e-6);
            for (int t = 0; t < N - 1; t++) {
                assertTrue(s.oracleLost()[t] <= s.massLost()[t] + 1e-9, s.policy());
                assertTrue(s.overlap()[t] >= 0 && s.overlap()[t] <= 1, s.policy());
            }
            attended = s.policy().equals("attended by all") ? s.overlap() : attended;
        }
        double[] random = Scores.of(List.of(scores), "heads").get(0).overlap();
        assertTrue(Score.mean(attended) > Score.mean(random), "attention predicts attention better than chance");
    }

    private static double[] massLost(CachePolicy policy, int chunk) {
        int layers = decoder.config().layers();
        double[] all = new double[N - 1];
        try (KvCache full = decoder.newCache();
                KvCache cache = decoder.newCache();
                NDManager scope = decoder.newScope()) {
            PolicyRunner runner = new PolicyRunner(policy, cache);
            Seams own = runner.listen(Seams.none());
            for (int at = 0; at < N - 1; at += chunk) {
                int[] part = Arrays.copyOfRange(ids, at, Math.min(N - 1, at + chunk));
                float[][] received = new float[layers][];
                decoder.forward(scope, new int[][] {part}, full, Seams.none().withWatch(new Seams.AttentionWatch() {
                    @Override
                    public int queries() {
                        return part.length;
                    }

                    @Override
                    public void received(int layer, ai.djl.ndarray.NDArray a) {
                        received[layer] = a.toFloatArray();
                    }
                }));
                runner.before(part.length);
                decoder.forward(scope, new int[][] {part}, cache, own);
                double gone = 0;
                for (int i = 0; i < layers; i++) {
                    for (int h = 0; h < 2; h++) {
                        boolean[] here = new boolean[full.length(i)];
                        for (int p : cache.positions(i, h)) {
                            here[p] = true;
                        }
                        for (int s = 0; s < here.length; s++) {
                            gone += here[s] ? 0 : received[i][h * here.length + s] / part.length / 2 / layers;
                        }
                    }
                }
                Arrays.fill(all, at, at + part.length, gone);
                runner.apply(part.length);
            }
        }
        return all;
    }

    @Test
    void oracleOfOneHeadByHand() {
        // five old tokens, one new; kept are tokens 0 and 3
        MassLost.Lost lost = MassLost.head(new float[] {0.1f, 0.3f, 0.05f, 0.2f, 0.05f, 0.3f}, new int[] {0, 3}, 5);
        assertEquals(0.4, lost.share(), 1e-6);
        assertEquals(0.2, lost.oracle(), 1e-6);
        assertEquals(0.5, lost.overlap(), 1e-6);
        assertEquals(new MassLost.Lost(0, 0, 1), MassLost.head(new float[] {0.5f, 0.5f}, new int[] {0}, 1));
        assertEquals(
                0.75, MassLost.head(new float[] {0.75f, 0.25f}, new int[0], 1).share(), 1e-6);
    }

    @Test
    void aForkedPrefillEqualsOwnOnes() {
        int prompt = 30;
        List<Score> forked = lock.withChunk(1).fork(ids, prompt, policies());
        for (Score s : forked) {
            Supplier<CachePolicy> policy =
                    s.policy().equals("full") ? () -> null : policies().get(s.policy());
            double[] alone = new double[N - prompt];
            try (KvCache cache = decoder.newCache()) {
                PolicyRunner runner = new PolicyRunner(policy.get(), cache);
                Seams seams = runner.listen(Seams.none());
                for (int at = 0; at < N - 1; ) {
                    int[] part = Arrays.copyOfRange(ids, at, at == 0 ? prompt - 1 : at + 1);
                    runner.before(part.length);
                    try (NDManager scope = decoder.newScope()) {
                        float[] last = decoder.logits(
                                        scope, decoder.forward(scope, new int[][] {part}, cache, seams), 1)
                                .toFloatArray();
                        at += part.length;
                        if (at >= prompt) {
                            alone[at - prompt] = -logSoftmax(last)[ids[at]];
                        }
                    }
                    runner.apply(part.length);
                }
            }
            near(alone, s.nll(), 1e-5, s.policy());
            assertEquals(prompt, s.first());
            assertEquals(s.policy().equals("full"), s.meanKl() < 1e-6, s.policy());
        }
        Score recent = forked.get(1);
        assertTrue(recent.massLost()[0] > 0, "the prompt is cut before the first token is scored");
    }

    @Test
    void bytesAreThoseOfTheBuffers() {
        Score recent = lock.stream(ids, Map.of("recent", () -> new TestPolicies.Recent(12)))
                .get(1);
        try (KvCache cache = decoder.newCache()) {
            double slot = (double) cache.bytesPerSlot() * decoder.config().layers();
            assertTrue(recent.bytesNow() >= 12 * slot && recent.bytesNow() <= (12 + 16) * slot, "" + recent.bytesNow());
            assertTrue(recent.bytesPeak() >= 28 * slot, "" + recent.bytesPeak());
            assertTrue(recent.bytesAverage() <= recent.bytesPeak());
        }
        assertTrue(recent.policyShare() > 0 && recent.policyShare() < 1, "" + recent.policyShare());
    }

    @Test
    void tables() {
        List<List<Score>> windows = List.of(lock.stream(ids, policies()), lock.stream(ids, policies()));
        var table = Scores.table(windows);
        assertEquals(
                List.of("full", "recent", "heads", "attended", "attended by all"),
                table.column("policy").asList());
        assertEquals(2 * (N - 1), table.intColumn("tokens").get(0));
        assertEquals(
                windows.get(0).get(1).perplexity(),
                table.doubleColumn("perplexity").get(1),
                1e-9);
        assertEquals(2 * 5 * 5, Scores.rows(windows, 10).rowCount());
        assertEquals(2, Scores.nll(windows, "recent").length);
    }

    @Test
    void badInput() {
        for (Runnable bad : List.<Runnable>of(
                () -> lock.stream(new int[] {1}, Map.of()),
                () -> lock.stream(Tiny.ids(65), Map.of()),
                () -> lock.fork(ids, N, Map.of()),
                () -> lock.fork(ids, 0, Map.of()),
                () -> lock.stream(ids, Map.of("full", () -> new TestPolicies.Recent(3))),
                () -> lock.stream(List.of(), Map.of()),
                () -> lock.withChunk(0))) {
            String message = assertThrows(BadInputException.class, bad::run).getMessage();
            assertTrue(message.endsWith(".") && message.contains(";"), message);
        }
    }
}

package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Runs.Driver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ours = transformers, cached = uncached, chunked = whole, batched = single, one call = a call per layer. */
class EquivalenceTest {
    private static final double BAR = 1e-5;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void logitsEqualTransformers(String name) {
        Golden golden = Golden.of(name);
        float[] reference = golden.floats("logits");
        try (Decoder decoder = Golden.decoder(name)) {
            int[] ids = golden.ids("input_ids")[0];
            for (Driver driver : Driver.values()) {
                near(driver + " whole", reference, Runs.logits(decoder, driver, ids, Seams.none()));
                near(driver + " chunks of 7", reference, Runs.logits(decoder, driver, ids, Seams.none(), 7));
                near(driver + " token by token", reference, Runs.logits(decoder, driver, ids, Seams.none(), 1));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void longTextsShowTheRopeScaling(String name) {
        Golden golden = Golden.of(name);
        float[] reference = golden.floats("long.logits");
        try (Decoder decoder = Golden.decoder(name)) {
            int[] ids = golden.ids("long.input_ids")[0];
            near("whole", reference, tail(Runs.logits(decoder, Driver.STACK, ids, Seams.none()), reference.length));
            near(
                    "chunks of 33",
                    reference,
                    tail(Runs.logits(decoder, Driver.STACK, ids, Seams.none(), 33), reference.length));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void hiddenStatesOfEveryLayer(String name) {
        Golden golden = Golden.of(name);
        try (Decoder decoder = Golden.decoder(name);
                NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            Runs.Residuals seen = new Runs.Residuals();
            NDArray hidden = decoder.forward(
                    scope, golden.ids("input_ids"), cache, Seams.none().withHook(seen));
            near("hidden.0", golden.floats("hidden.0"), seen.before.get(0));
            for (int i = 0; i < decoder.config().layers(); i++) {
                near("hidden." + (i + 1), golden.floats("hidden." + (i + 1)), seen.after.get(i));
            }
            near(
                    "hidden.norm",
                    golden.floats("hidden.norm"),
                    decoder.normalised(scope, hidden).toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void projectionsBeforeRotation(String name) {
        Golden golden = Golden.of(name);
        try (Decoder decoder = Golden.decoder(name)) {
            LmConfig config = decoder.config();
            int[] ids = golden.ids("input_ids")[0];
            for (int chunk : new int[] {ids.length, 7, 1}) {
                Runs.Projections seen = new Runs.Projections(config);
                Runs.logits(decoder, Driver.STACK, ids, Seams.none().withProjections(seen), chunk);
                for (int i = 0; i < config.layers(); i++) {
                    near("q." + i, golden.floats("q." + i), Runs.headsFirst(seen.q.get(i), ids.length, config.heads()));
                    near(
                            "k." + i,
                            golden.floats("k." + i),
                            Runs.headsFirst(seen.k.get(i), ids.length, config.kvHeads()));
                    near(
                            "v." + i,
                            golden.floats("v." + i),
                            Runs.headsFirst(seen.v.get(i), ids.length, config.kvHeads()));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void attentionReceived(String name) {
        Golden golden = Golden.of(name);
        try (Decoder decoder = Golden.decoder(name)) {
            LmConfig config = decoder.config();
            int[] ids = golden.ids("input_ids")[0];
            int n = ids.length;
            for (Driver driver : Driver.values()) {
                Runs.Received all = new Runs.Received(config, n);
                near(
                        "watched logits",
                        golden.floats("logits"),
                        Runs.logits(decoder, driver, ids, Seams.none().withWatch(all)));
                Runs.Received last = new Runs.Received(config, 1);
                Runs.logits(decoder, driver, ids, Seams.none().withWatch(last));
                Runs.Received decoded = new Runs.Received(config, 1);
                Runs.logits(decoder, driver, ids, Seams.none().withWatch(decoded), n - 1, 1);
                for (int i = 0; i < config.layers(); i++) {
                    float[] attention = golden.floats("attention." + i);
                    near(
                            "over all heads",
                            golden.floats("attention_received." + i),
                            meanOverHeads(all.layers[i], config.kvHeads()));
                    near("per head", received(attention, config, n, 0), all.layers[i]);
                    near("last query", received(attention, config, n, n - 1), last.layers[i]);
                    near("decoded token", received(attention, config, n, n - 1), decoded.layers[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void greedyContinuation(String name) {
        Golden golden = Golden.of(name);
        try (Decoder decoder = Golden.decoder(name);
                KvCache cache = decoder.newCache()) {
            int[] expected = golden.ids("greedy.ids")[0];
            int[] ids = golden.ids("input_ids")[0];
            int[] own = new int[expected.length];
            for (int t = 0; t < own.length; t++) {
                try (NDManager scope = decoder.newScope()) {
                    NDArray hidden = decoder.forward(scope, new int[][] {ids}, cache, Seams.none());
                    own[t] = decoder.argmax(scope, decoder.logits(scope, hidden, 1))[0];
                }
                ids = new int[] {own[t]};
            }
            assertArrayEquals(expected, own);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void batchedIsSingle(String name) {
        Golden golden = Golden.of(name);
        float[] reference = golden.floats("batch.logits");
        try (Decoder decoder = Golden.decoder(name)) {
            List<int[]> rows = batchRows(golden);
            int width = golden.ids("batch.input_ids")[0].length;
            int vocab = decoder.config().vocab();
            for (Driver driver : Driver.values()) {
                for (int chunk : new int[] {width, 6, 1}) {
                    float[] ours = batched(decoder, driver, rows, width, chunk);
                    for (int r = 0; r < rows.size(); r++) {
                        int n = rows.get(r).length;
                        // the reference is padded on the right, ours on the left
                        int from = (r * width) * vocab;
                        int own = (r * width + width - n) * vocab;
                        near(
                                driver + " row " + r + ", chunks of " + chunk,
                                Arrays.copyOfRange(reference, from, from + n * vocab),
                                Arrays.copyOfRange(ours, own, own + n * vocab));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void batchedGreedyAndScores(String name) {
        Golden golden = Golden.of(name);
        try (Decoder decoder = Golden.decoder(name)) {
            List<int[]> rows = batchRows(golden);
            int[][] expected = golden.ids("batch.greedy.ids");
            BatchRunner batch = new BatchRunner(decoder, Set.of(), 0);
            List<int[]> own = batch.greedy(rows, expected[0].length);
            for (int r = 0; r < rows.size(); r++) {
                assertArrayEquals(expected[r], own.get(r), "row " + r);
            }
            // an end token ends its row and no other
            int end = expected[1][4];
            List<int[]> ended = new BatchRunner(decoder, Set.of(end), 0).greedy(rows, expected[0].length);
            for (int r = 0; r < rows.size(); r++) {
                int at = 0;
                while (at < expected[r].length - 1 && expected[r][at] != end) {
                    at++;
                }
                assertArrayEquals(Arrays.copyOf(expected[r], at + 1), ended.get(r), "ended row " + r);
            }
            List<int[]> continuations = List.of(new int[] {5, 6, 7}, new int[] {9}, new int[] {11, 12, 13, 14});
            List<double[]> scores = batch.score(rows, continuations);
            for (int r = 0; r < rows.size(); r++) {
                int[] continuation = continuations.get(r);
                int[] whole = Arrays.copyOf(rows.get(r), rows.get(r).length + continuation.length);
                System.arraycopy(continuation, 0, whole, rows.get(r).length, continuation.length);
                double[] single = Scorer.logprobs(decoder, whole, 4);
                assertEquals(continuation.length, scores.get(r).length);
                assertArrayEquals(
                        Arrays.copyOfRange(single, single.length - continuation.length, single.length),
                        scores.get(r),
                        1e-5);
            }
        }
    }

    private static List<int[]> batchRows(Golden golden) {
        int[][] ids = golden.ids("batch.input_ids");
        int[][] mask = golden.ids("batch.attention_mask");
        List<int[]> rows = new ArrayList<>();
        for (int r = 0; r < ids.length; r++) {
            rows.add(Arrays.copyOf(ids[r], Arrays.stream(mask[r]).sum()));
        }
        return rows;
    }

    /** Logits [rows × width × vocab] of rows padded on the left. */
    private static float[] batched(Decoder decoder, Driver driver, List<int[]> rows, int width, int chunk) {
        int vocab = decoder.config().vocab();
        int[] padding = rows.stream().mapToInt(r -> width - r.length).toArray();
        float[] all = new float[rows.size() * width * vocab];
        try (KvCache cache = decoder.newCache(rows.size(), padding)) {
            for (int at = 0; at < width; at += chunk) {
                int n = Math.min(chunk, width - at);
                int[][] part = new int[rows.size()][n];
                for (int r = 0; r < part.length; r++) {
                    for (int t = 0; t < n; t++) {
                        part[r][t] = at + t < padding[r] ? 0 : rows.get(r)[at + t - padding[r]];
                    }
                }
                try (NDManager scope = decoder.newScope()) {
                    NDArray x = decoder.embed(scope, part, cache);
                    float[] logits = decoder.logits(scope, Runs.pass(decoder, driver, scope, x, cache, Seams.none()), 0)
                            .toFloatArray();
                    for (int r = 0; r < part.length; r++) {
                        System.arraycopy(logits, r * n * vocab, all, (r * width + at) * vocab, n * vocab);
                    }
                }
            }
        }
        return all;
    }

    /** Probabilities [heads, n, n] summed over the queries from {@code from} on, mean over each group: [kvHeads × n]. */
    private static float[] received(float[] attention, LmConfig config, int n, int from) {
        float[] sums = new float[config.kvHeads() * n];
        for (int h = 0; h < config.heads(); h++) {
            for (int t = from; t < n; t++) {
                for (int s = 0; s < n; s++) {
                    sums[h / config.group() * n + s] += attention[(h * n + t) * n + s] / config.group();
                }
            }
        }
        return sums;
    }

    private static float[] meanOverHeads(float[] perHead, int heads) {
        int n = perHead.length / heads;
        float[] mean = new float[n];
        for (int i = 0; i < perHead.length; i++) {
            mean[i % n] += perHead[i] / heads;
        }
        return mean;
    }

    private static float[] tail(float[] all, int values) {
        return Arrays.copyOfRange(all, all.length - values, all.length);
    }

    private static void near(String what, float[] reference, float[] ours) {
        double error = Golden.relativeRms(ours, reference);
        assertTrue(error <= BAR, what + ": relative RMS " + error);
    }
}

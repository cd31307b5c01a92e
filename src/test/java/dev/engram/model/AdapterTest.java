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
import dev.engram.model.engine.LinearFormat;
import dev.engram.model.engine.WeightFormat;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters beside the weights are the merged weights, in every number format and in both drivers. */
class AdapterTest {
    private static final int RANK = 4;
    private static final double SCALE = 1.5;

    private final RandomCheckpoint checkpoint = Tiny.checkpoint();
    private final LmConfig config = checkpoint.config();
    private final int[] ids = Tiny.ids(12);

    /** Two factors of every linear, or of those whose name contains {@code part}. */
    private Map<String, float[][]> factors(String part, double deviation) {
        Map<String, float[][]> all = new LinkedHashMap<>();
        Random random = new Random(11);
        for (int i = 0; i < config.layers(); i++) {
            for (String name : new LayerNames(i).linears()) {
                long[] shape = checkpoint.tensor(name).shape();
                float[][] ab = {new float[(int) (RANK * shape[1])], new float[(int) (RANK * shape[0])]};
                for (float[] x : ab) {
                    for (int j = 0; j < x.length; j++) {
                        x[j] = (float) (deviation * random.nextGaussian());
                    }
                }
                if (name.contains(part)) {
                    all.put(name, ab);
                }
            }
        }
        return all;
    }

    private Adapter adapter(NDManager manager, Map<String, float[][]> factors) {
        Map<String, Adapter.Pair> pairs = new HashMap<>();
        factors.forEach((name, ab) -> pairs.put(
                name,
                new Adapter.Pair(
                        manager.create(ab[0], new Shape(RANK, ab[0].length / RANK)),
                        manager.create(ab[1], new Shape(ab[1].length / RANK, RANK)))));
        return new Adapter(manager, config, pairs, SCALE);
    }

    /** W + scale · B A. */
    private Tiny.Altered merged(Map<String, float[][]> factors) {
        Tiny.Altered altered = new Tiny.Altered(checkpoint);
        factors.forEach((name, ab) -> {
            float[] w = Tiny.values(checkpoint, name);
            int in = ab[0].length / RANK;
            for (int o = 0; o < ab[1].length / RANK; o++) {
                for (int i = 0; i < in; i++) {
                    double sum = 0;
                    for (int r = 0; r < RANK; r++) {
                        sum += (double) ab[1][o * RANK + r] * ab[0][r * in + i];
                    }
                    w[o * in + i] += (float) (SCALE * sum);
                }
            }
            altered.put(name, w);
        });
        return altered;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"})
    void besideIsMerged(String part) {
        Map<String, float[][]> factors = factors(part, 0.15);
        try (Decoder decoder = Golden.decoder(checkpoint, Golden.F32);
                Decoder merged = Golden.decoder(merged(factors), Golden.F32);
                NDManager scope = decoder.newScope();
                Adapter adapter = adapter(scope, factors)) {
            float[] plain = Runs.logits(decoder, Driver.STACK, ids, Seams.none());
            float[] expected = Runs.logits(merged, Driver.STACK, ids, Seams.none());
            assertTrue(Golden.relativeRms(plain, expected) > 0.01, "the adapter must matter");
            decoder.adapt(adapter);
            for (Driver driver : Driver.values()) {
                for (int chunk : new int[] {ids.length, 5, 1}) {
                    double error = Golden.relativeRms(Runs.logits(decoder, driver, ids, Seams.none(), chunk), expected);
                    assertTrue(error <= 5e-6, driver + ", chunks of " + chunk + ": " + error);
                }
            }
            decoder.adapt(null);
            assertArrayEquals(plain, Runs.logits(decoder, Driver.STACK, ids, Seams.none()), 0f);
        }
    }

    @Test
    void anAdapterWithZerosChangesNoBit() {
        Map<String, float[][]> factors = factors("", 0.15);
        factors.values().forEach(ab -> ab[1] = new float[ab[1].length]);
        try (Decoder decoder = Golden.decoder(checkpoint, Golden.F32);
                NDManager scope = decoder.newScope();
                Adapter adapter = adapter(scope, factors)) {
            for (Driver driver : Driver.values()) {
                float[] plain = Runs.logits(decoder, driver, ids, Seams.none(), 7, 1);
                decoder.adapt(adapter);
                assertArrayEquals(plain, Runs.logits(decoder, driver, ids, Seams.none(), 7, 1), 0f);
                decoder.adapt(null);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "TRANSPOSED", "PREPACKED", "INT8", "INT4"})
    void theDeltaIsTheSameBesideEveryFormat(String body) {
        // q of the first layer with and without the adapter differs by scale · B A norm(x), whatever the weights'
        // format;
        // bf16 activations round q itself, so the bar is in units of that rounding
        LinearFormat format = LinearFormat.valueOf(body);
        boolean bf16 = body.startsWith("INT");
        WeightFormat weights = new WeightFormat(body, bf16, format, bf16 ? LinearFormat.INT8 : format);
        Map<String, float[][]> factors = factors("layers.0.self_attn.q_proj", 0.4);
        try (Decoder decoder = Golden.decoder(checkpoint, weights);
                NDManager scope = decoder.newScope();
                Adapter adapter = adapter(scope, factors)) {
            float[] table = Tiny.values(checkpoint, LayerNames.EMBEDDING);
            float[][] ab = factors.get(new LayerNames(0).q());
            for (Driver driver : Driver.values()) {
                float[] without = firstQ(decoder, driver);
                decoder.adapt(adapter);
                float[] with = firstQ(decoder, driver);
                decoder.adapt(null);
                double error = 0;
                double size = 0;
                int width = without.length / ids.length;
                for (int t = 0; t < ids.length; t++) {
                    double[] delta = delta(table, ids[t], ab, width);
                    for (int i = 0; i < width; i++) {
                        double difference = (double) with[t * width + i] - without[t * width + i] - delta[i];
                        error += difference * difference;
                        size += delta[i] * delta[i];
                    }
                }
                double relative = Math.sqrt(error / size);
                assertTrue(relative <= (bf16 ? 4e-3 : 1e-6), body + " " + driver + ": " + relative);
            }
        }
    }

    /** scale · B A of the normed embedding; all gains are one. */
    private double[] delta(float[] table, int id, float[][] ab, int width) {
        int d = config.hidden();
        double square = 0;
        for (int i = 0; i < d; i++) {
            square += Math.pow(table[id * d + i], 2);
        }
        double r = 1 / Math.sqrt(square / d + config.normEps());
        double[] delta = new double[width];
        for (int k = 0; k < RANK; k++) {
            double inner = 0;
            for (int i = 0; i < d; i++) {
                inner += ab[0][k * d + i] * table[id * d + i] * r;
            }
            for (int o = 0; o < width; o++) {
                delta[o] += SCALE * ab[1][o * RANK + k] * inner;
            }
        }
        return delta;
    }

    private float[] firstQ(Decoder decoder, Driver driver) {
        float[][] first = new float[1][];
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            Seams seams = Seams.none().withProjections((layer, q, k, v) -> {
                if (layer == 0) {
                    first[0] = q.toFloatArray();
                }
            });
            NDArray x = decoder.embed(scope, new int[][] {ids}, cache);
            Runs.pass(decoder, driver, scope, x, cache, seams);
        }
        return first[0];
    }

    @Test
    void quantisedWithAdapterInBothDriversAndWhileDecoding() {
        WeightFormat int4 = new WeightFormat("int4", true, LinearFormat.INT4, LinearFormat.INT8);
        try (Decoder decoder = Golden.decoder(checkpoint, int4);
                NDManager scope = decoder.newScope();
                Adapter adapter = adapter(scope, factors("", 0.15))) {
            float[] plain = Runs.logits(decoder, Driver.STACK, ids, Seams.none());
            decoder.adapt(adapter);
            float[] stack = Runs.logits(decoder, Driver.STACK, ids, Seams.none());
            assertTrue(Golden.relativeRms(stack, plain) > 0.05);
            assertArrayEquals(stack, Runs.logits(decoder, Driver.LAYERS, ids, Seams.none()), 0f);
            double decoded = Golden.relativeRms(Runs.logits(decoder, Driver.STACK, ids, Seams.none(), 6, 1), stack);
            assertTrue(decoded < 0.05, "decoded in bf16: " + decoded);
        }
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() {
        try (Decoder decoder = Golden.decoder(checkpoint, Golden.F32);
                NDManager scope = decoder.newScope()) {
            Adapter.Pair good = new Adapter.Pair(
                    scope.zeros(new Shape(RANK, config.hidden())),
                    scope.zeros(new Shape((long) config.heads() * config.headDim(), RANK)));
            Adapter.Pair wide = new Adapter.Pair(scope.zeros(new Shape(RANK, config.hidden() + 1)), good.b());
            Adapter.Pair ranks = new Adapter.Pair(scope.zeros(new Shape(RANK + 1, config.hidden())), good.b());
            Map<String, Adapter.Pair> bad = new LinkedHashMap<>();
            bad.put("model.layers.3.self_attn.q_proj.weight", good);
            bad.put("model.layers.0.self_attn.k_proj.weight", good);
            bad.put("model.layers.1.self_attn.q_proj.weight", wide);
            bad.put("model.layers.2.self_attn.q_proj.weight", ranks);
            bad.forEach((name, pair) -> {
                BadInputException e = assertThrows(
                        BadInputException.class, () -> new Adapter(scope, config, Map.of(name, pair), 1), name);
                assertEquals('.', e.getMessage().charAt(e.getMessage().length() - 1));
            });
            new Adapter(scope, config, Map.of("model.layers.0.self_attn.q_proj.weight", good), 1).close();
        }
    }
}

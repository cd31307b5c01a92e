package dev.engram.explicit.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.MemoryRows;
import dev.engram.model.Decoder;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.Positions;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.Seams;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What chunks read in training is what a model that answers chunk by chunk would read. */
class SharedReferencesTest {
    private static final int VOCAB = 60;
    private static final int CHUNK = 4;
    private static final int CHUNKS = 5;
    private static final int TABLE_WIDTH = 32;

    private static TrainableDecoder trainable;
    private static Decoder plain;

    @BeforeAll
    static void open() {
        // an untied table, so that only the tokens that are read have a gradient there
        LmConfig config = new LmConfig(
                LmConfig.Family.LLAMA,
                4,
                TABLE_WIDTH,
                4,
                2,
                8,
                48,
                VOCAB,
                128,
                1e-5,
                Positions.rope(10000),
                false,
                false,
                false);
        RandomCheckpoint checkpoint = new RandomCheckpoint(config, 5, 0.3);
        trainable = new TrainableDecoder(Torch.manager(DeviceChoice.CPU), checkpoint, false);
        plain = Golden.decoder(checkpoint, Golden.F32);
    }

    @AfterAll
    static void close() {
        trainable.close();
        plain.close();
    }

    private static MemoryShape shape(LayerChoice layers, int shared, int kept) {
        return new MemoryShape(CHUNK, CHUNKS, 9, shared, kept, layers);
    }

    /** References of different lengths; every one has tokens of its own. */
    private static int[][] references() {
        return new int[][] {{30, 31, 32}, {33, 34, 35, 36, 37}, {38}, {39, 40, 41, 42, 43, 44, 45, 46, 47}, {48, 49}};
    }

    private static int[] text() {
        return IntStream.range(0, CHUNK * CHUNKS).map(i -> 3 + i * 7 % 25).toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "FIRST_HALF, 5, 0",
        "FIRST_HALF, 2, 0",
        "LAST_HALF, 3, 0",
        "ALL, 1, 0",
        "FIRST_HALF, 3, 2",
        "LAST_HALF, 5, 2"
    })
    void trainingReadsWhatAnsweringChunkByChunkReads(LayerChoice layers, int shared, int kept) {
        MemoryShape shape = shape(layers, shared, kept);
        float[] graph;
        try (NDManager scope = trainable.newScope()) {
            int[][] other = references();
            Arrays.setAll(other, i -> new int[] {50 + i, 9});
            ReadBatch batch =
                    new ReadBatch(shape, new int[][] {text(), text()}, null, new int[][][] {references(), other});
            NDArray logits = trainable.logits(scope, batch.hidden(scope, trainable));
            graph = logits.get("0").toFloatArray();
        }
        assertArrayEquals(byHand(shape), graph, 2e-4f);
    }

    /** Every chunk in a pass of its own, with its memories alone before the cache. */
    private static float[] byHand(MemoryShape shape) {
        ExplicitMemory sink = memory(new int[0], LayerChoice.ALL, 0, true);
        List<ExplicitMemory> all = Arrays.stream(references())
                .map(r -> memory(r, shape.layers(), shape.kept(), false))
                .toList();
        float[] logits = new float[text().length * VOCAB];
        try (NDManager scope = plain.newScope();
                KvCache cache = plain.newCache(shape.contextPosition())) {
            for (int c = 0; c < CHUNKS; c++) {
                int[] chunk = Arrays.copyOfRange(text(), c * CHUNK, (c + 1) * CHUNK);
                List<ExplicitMemory> seen = all.subList(Math.max(0, c + 1 - shape.shared()), c + 1);
                try (MemoryRows rows = MemoryRows.of(scope, plain.config().layers(), sink, seen)) {
                    float[] own = plain.logits(scope, plain.forward(scope, new int[][] {chunk}, cache, rows.seams()), 0)
                            .toFloatArray();
                    System.arraycopy(own, 0, logits, c * CHUNK * VOCAB, own.length);
                }
            }
        }
        return logits;
    }

    /** A reference encoded alone by the cache of the plain decoder; the sink is the token before it. */
    private static ExplicitMemory memory(int[] reference, LayerChoice choice, int kept, boolean sink) {
        int[] ids = IntStream.concat(IntStream.of(TinyVocabulary.REFERENCE), Arrays.stream(reference))
                .toArray();
        int[] layers = choice.of(plain.config().layers());
        int kvHeads = plain.config().kvHeads();
        int d = plain.config().headDim();
        double[][][] weights = new double[plain.config().layers()][][];
        try (NDManager scope = plain.newScope();
                KvCache cache = plain.newCache()) {
            plain.forward(scope, new int[][] {ids}, cache, Seams.none().withProjections((layer, q, k, v) -> {
                weights[layer] = received(q.toFloatArray(), k.toFloatArray(), ids.length, kvHeads, d);
            }));
            List<float[]> keys = new ArrayList<>();
            List<float[]> values = new ArrayList<>();
            List<Integer> positions = new ArrayList<>();
            for (int layer : layers) {
                float[] k = cache.keys(scope, layer).toFloatArray();
                float[] v = cache.values(scope, layer).toFloatArray();
                for (int h = 0; h < kvHeads; h++) {
                    double[] w = weights[layer][h];
                    int[] slots = sink
                            ? new int[] {0}
                            : IntStream.range(1, ids.length)
                                    .boxed()
                                    .sorted(Comparator.comparingDouble(s -> -w[s]))
                                    .limit(kept == 0 ? ids.length : kept)
                                    .sorted()
                                    .mapToInt(Integer::intValue)
                                    .toArray();
                    for (int s : slots) {
                        int from = (h * ids.length + s) * d;
                        keys.add(Arrays.copyOfRange(k, from, from + d));
                        values.add(Arrays.copyOfRange(v, from, from + d));
                        positions.add(s);
                    }
                }
            }
            return new ExplicitMemory(
                    layers,
                    kvHeads,
                    d,
                    positions.stream().mapToInt(Integer::intValue).toArray(),
                    joined(keys, d),
                    joined(values, d));
        }
    }

    private static float[] joined(List<float[]> parts, int d) {
        float[] all = new float[parts.size() * d];
        IntStream.range(0, parts.size()).forEach(i -> System.arraycopy(parts.get(i), 0, all, i * d, d));
        return all;
    }

    /** Attention received without mask and rotation from the reference's own tokens, [kvHeads][tokens]; q [tokens, heads, d]. */
    private static double[][] received(float[] q, float[] k, int n, int kvHeads, int d) {
        int heads = q.length / n / d;
        double[][] w = new double[kvHeads][n];
        for (int head = 0; head < heads; head++) {
            int kv = head / (heads / kvHeads);
            for (int i = 1; i < n; i++) {
                double[] e = new double[n];
                for (int j = 1; j < n; j++) {
                    double dot = 0;
                    for (int x = 0; x < d; x++) {
                        dot += q[(i * heads + head) * d + x] * k[(j * kvHeads + kv) * d + x];
                    }
                    e[j] = Math.exp(dot / Math.sqrt(d));
                }
                double sum = Arrays.stream(e).sum();
                for (int j = 1; j < n; j++) {
                    w[kv][j] += e[j] / sum;
                }
            }
        }
        return w;
    }

    @Test
    void withoutReferencesItIsThePlainDecoderToTheLastBit() {
        MemoryShape shape = shape(LayerChoice.FIRST_HALF, 5, 8);
        try (NDManager scope = trainable.newScope()) {
            NDArray x = trainable.embed(scope, new int[][] {text()});
            NDArray expected = trainable.forward(scope, x, shape.contextPosition(), null, null, Seams.none());
            NDArray found = new ReadBatch(shape, new int[][] {text()}, null, null).hidden(scope, trainable);
            assertArrayEquals(expected.toFloatArray(), found.toFloatArray());
        }
    }

    @Test
    void theGradientReachesWhatIsReadAndNothingElse() {
        MemoryShape shape = shape(LayerChoice.FIRST_HALF, 5, 0);
        int[][] labels = new int[1][text().length];
        Arrays.fill(labels[0], -100);
        labels[0][CHUNK * 2 - 1] = 7; // the last token of the second chunk
        ReadBatch batch = new ReadBatch(shape, new int[][] {text()}, labels, new int[][][] {references()});
        NDArray table = trainable.parameters().get("model.embed_tokens.weight");
        table.setRequiresGradient(true);
        try (NDManager scope = trainable.newScope();
                Tape tape = Tape.open()) {
            tape.backward(batch.loss(scope, trainable));
            try (NDArray gradient = table.getGradient()) {
                float[] g = gradient.toFloatArray();
                for (int token : new int[] {30, 31, 32, 33, 37}) { // of the first two references
                    assertTrue(norm(g, token) > 1e-6, "token " + token);
                }
                for (int token : new int[] {38, 39, 47, 48, 49}) { // of the later ones
                    assertEquals(0, norm(g, token), "token " + token);
                }
                assertEquals(numeric(batch, table, 34 * TABLE_WIDTH + 3), g[34 * TABLE_WIDTH + 3], 2e-3);
            }
        } finally {
            table.setRequiresGradient(false);
        }
    }

    private static double norm(float[] gradient, int row) {
        return Math.sqrt(IntStream.range(row * TABLE_WIDTH, (row + 1) * TABLE_WIDTH)
                .mapToDouble(i -> gradient[i] * gradient[i])
                .sum());
    }

    /** Central difference of the loss with respect to one number of the table. */
    private static double numeric(ReadBatch batch, NDArray table, int at) {
        double step = 1e-2;
        float[] values = table.toFloatArray();
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
            float[] moved = values.clone();
            moved[at] += (float) (side == 0 ? step : -step);
            RandomCheckpoint base = new RandomCheckpoint(trainable.config(), 5, 0.3);
            var changed = new dev.engram.model.source.ChangedCheckpoint(base);
            changed.put("model.embed_tokens.weight", () -> moved);
            try (TrainableDecoder other = new TrainableDecoder(Torch.manager(DeviceChoice.CPU), changed, false);
                    NDManager scope = other.newScope()) {
                losses[side] = batch.loss(scope, other).getFloat();
            }
        }
        return (losses[0] - losses[1]) / (2 * step);
    }

    @Test
    void anEmptyReferenceIsSeenByNobody() {
        MemoryShape shape = shape(LayerChoice.FIRST_HALF, 5, 2);
        int[][] one = references();
        int[][] none = new int[CHUNKS][0];
        Arrays.fill(one, 1, CHUNKS, new int[0]);
        try (NDManager scope = trainable.newScope()) {
            int[][] ids = {text()};
            float[] alone = new ReadBatch(shape, ids, null, new int[][][] {one})
                    .hidden(scope, trainable)
                    .toFloatArray();
            float[] beside = new ReadBatch(shape, new int[][] {text(), text()}, null, new int[][][] {one, references()})
                    .hidden(scope, trainable)
                    .get("0")
                    .toFloatArray();
            assertArrayEquals(alone, beside, 1e-4f);
            float[] empty = new ReadBatch(shape, ids, null, new int[][][] {none})
                    .hidden(scope, trainable)
                    .toFloatArray();
            double furthest = IntStream.range(0, empty.length)
                    .mapToDouble(i -> Math.abs(empty[i] - alone[i]))
                    .max()
                    .orElseThrow();
            assertTrue(furthest > 1e-2, "the reference that is there makes a difference: " + furthest);
        }
    }
}

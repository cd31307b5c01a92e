package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Runs.Driver;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.engine.Torch;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Models made of random numbers: the same seed is the same model, and positions may be learned. */
class RandomCheckpointTest {
    private static final LmConfig LEARNED = Tiny.config(new Positions.Learned());

    @Test
    void aSeedIsAModel() {
        RandomCheckpoint first = new RandomCheckpoint(LEARNED, 5, 0.02);
        RandomCheckpoint again = new RandomCheckpoint(LEARNED, 5, 0.02);
        RandomCheckpoint other = new RandomCheckpoint(LEARNED, 6, 0.02);
        for (String name : first.names()) {
            float[] values = Tiny.values(first, name);
            assertArrayEquals(values, Tiny.values(again, name), name);
            if (first.tensor(name).shape().length > 1) {
                assertFalse(Arrays.equals(values, Tiny.values(other, name)), name);
                double square = 0;
                for (float v : values) {
                    square += v * v;
                }
                assertEquals(0.02, Math.sqrt(square / values.length), 0.002, name);
            } else {
                assertEquals(1, values[0], name);
            }
        }
        // the number of parameters is what the configuration says
        long elements = first.names().stream()
                .mapToLong(n -> first.tensor(n).elements())
                .sum();
        assertEquals(LEARNED.parameters(), elements);
        assertThrows(BadInputException.class, () -> first.tensor("model.none"));
        assertThrows(BadInputException.class, first::tokenizerJson);
    }

    @Test
    void everyVariantRuns() {
        for (boolean tied : new boolean[] {true, false}) {
            for (boolean bias : new boolean[] {true, false}) {
                for (boolean norm : new boolean[] {true, false}) {
                    LmConfig c = new LmConfig(
                            LmConfig.Family.QWEN3,
                            2,
                            32,
                            4,
                            1,
                            8,
                            48,
                            50,
                            64,
                            1e-5,
                            Positions.rope(10000),
                            tied,
                            bias,
                            norm);
                    RandomCheckpoint checkpoint = new RandomCheckpoint(c, 1, 0.1);
                    assertEquals(
                            c.parameters(),
                            checkpoint.names().stream()
                                    .mapToLong(n -> checkpoint.tensor(n).elements())
                                    .sum());
                    int[] ids = Tiny.ids(10, 50);
                    try (Decoder decoder = Golden.decoder(checkpoint, Golden.F32)) {
                        float[] whole = Runs.logits(decoder, Driver.STACK, ids, Seams.none());
                        double error =
                                Golden.relativeRms(Runs.logits(decoder, Driver.LAYERS, ids, Seams.none(), 4, 1), whole);
                        assertTrue(error <= 1e-5, c + ": " + error);
                    }
                }
            }
        }
    }

    /** With learned positions keys are not turned; the table is added to the embeddings. */
    @Test
    void learnedPositionsAreAddedToTheEmbedding() {
        RandomCheckpoint checkpoint = new RandomCheckpoint(LEARNED, 5, 0.3);
        int[] ids = Tiny.ids(14);
        float[] table = Tiny.values(checkpoint, LayerNames.EMBEDDING);
        float[] positions = Tiny.values(checkpoint, LayerNames.POSITIONS);
        int d = LEARNED.hidden();
        try (Decoder decoder = Golden.decoder(checkpoint, Golden.F32);
                NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            Runs.Projections projections = new Runs.Projections(LEARNED);
            Runs.Residuals residuals = new Runs.Residuals();
            float[] whole = Runs.logits(
                    decoder,
                    Driver.STACK,
                    ids,
                    cache,
                    Seams.none().withHook(residuals).withProjections(projections));
            for (int t = 0; t < ids.length; t++) {
                for (int i = 0; i < d; i++) {
                    assertEquals(
                            table[ids[t] * d + i] + positions[t * d + i],
                            residuals.before.get(0)[t * d + i],
                            1e-5,
                            "token " + t);
                }
            }
            assertArrayEquals(
                    Runs.headsFirst(projections.k.get(1), ids.length, LEARNED.kvHeads()),
                    cache.keys(scope, 1).toFloatArray(),
                    0f,
                    "keys are not turned");
            for (Driver driver : Driver.values()) {
                double error = Golden.relativeRms(Runs.logits(decoder, driver, ids, Seams.none(), 6, 5, 1), whole);
                assertTrue(error <= 2e-6, driver + ": " + error);
            }
        }
    }

    @Test
    void paddedRowsCountFromTheirFirstToken() {
        RandomCheckpoint checkpoint = new RandomCheckpoint(LEARNED, 5, 0.3);
        int[] ids = Tiny.ids(8);
        int vocab = LEARNED.vocab();
        try (Decoder decoder = Golden.decoder(checkpoint, Golden.F32);
                NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(2, new int[] {0, 3})) {
            int[][] rows = {ids, new int[8]};
            System.arraycopy(ids, 0, rows[1], 3, 5);
            float[] both = decoder.logits(scope, decoder.forward(scope, rows, cache, Seams.none()), 0)
                    .toFloatArray();
            float[] single = Runs.logits(decoder, Driver.STACK, ids, Seams.none());
            double error = Golden.relativeRms(
                    Arrays.copyOfRange(both, (8 + 3) * vocab, 16 * vocab), Arrays.copyOf(single, 5 * vocab));
            assertTrue(error <= 1e-5, "" + error);
            try (TrainableDecoder trainable =
                            new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, false);
                    NDManager step = trainable.newScope()) {
                NDArray x = trainable.embed(step, rows, new int[] {0, 3});
                NDArray hidden = trainable.forward(step, x, new int[] {0, 3}, null, Seams.none());
                double trained = Golden.relativeRms(
                        Arrays.copyOfRange(trainable.logits(step, hidden).toFloatArray(), (8 + 3) * vocab, 16 * vocab),
                        Arrays.copyOf(single, 5 * vocab));
                assertTrue(trained <= 1e-5, "training: " + trained);
            }
        }
    }

    @Test
    void positionsBeyondTheTableAreRefused() {
        int limit = LEARNED.contextLength();
        int[] ids = Tiny.ids(limit + 1);
        try (Decoder decoder = Golden.decoder(new RandomCheckpoint(LEARNED, 5, 0.3), Golden.F32);
                KvCache cache = decoder.newCache()) {
            refused(() -> Runs.logits(decoder, Driver.STACK, ids, Seams.none()));
            Runs.logits(decoder, Driver.STACK, Arrays.copyOf(ids, limit), cache, Seams.none());
            refused(() -> Runs.logits(decoder, Driver.STACK, new int[] {1}, cache, Seams.none()));
            assertEquals(limit, cache.length(0), "a refused token leaves the cache as it was");
        }
        try (TrainableDecoder decoder = new TrainableDecoder(
                        Torch.manager(LoadOptions.DeviceChoice.AUTO), new RandomCheckpoint(LEARNED, 5, 0.3), false);
                NDManager step = decoder.newScope()) {
            refused(() -> decoder.embed(step, new int[][] {ids}));
            decoder.embed(step, new int[][] {Arrays.copyOf(ids, limit)});
            refused(() -> decoder.embed(step, new int[][] {{1, LEARNED.vocab()}}));
        }
    }

    private static void refused(org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(BadInputException.class, action).getMessage();
        assertTrue(message.endsWith("."), message);
    }

    @Test
    void learnedPositionsAreTrained() {
        RandomCheckpoint checkpoint = new RandomCheckpoint(LEARNED, 5, 0.3);
        int[][] ids = {Tiny.ids(9)};
        int[][] labels = {Arrays.copyOfRange(Tiny.ids(10), 1, 10)};
        try (Decoder inference = Golden.decoder(checkpoint, Golden.F32);
                TrainableDecoder decoder =
                        new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, false);
                NDManager step = decoder.newScope()) {
            NDArray table = decoder.parameters().get(LayerNames.POSITIONS);
            NDArray embedding = decoder.parameters().get(LayerNames.EMBEDDING);
            table.setRequiresGradient(true);
            embedding.setRequiresGradient(true);
            try (Tape tape = Tape.open()) {
                NDArray x = decoder.embed(step, ids);
                NDArray logits = decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()));
                double error = Golden.relativeRms(
                        logits.toFloatArray(), Runs.logits(inference, Driver.STACK, ids[0], Seams.none()));
                assertTrue(error <= 1e-5, "" + error);
                tape.backward(decoder.crossEntropy(step, logits, labels));
            }
            try (NDArray g = table.getGradient()) {
                float[] values = g.toFloatArray();
                for (int p = 0; p < LEARNED.contextLength(); p++) {
                    double size = 0;
                    for (int i = 0; i < LEARNED.hidden(); i++) {
                        size += Math.abs(values[p * LEARNED.hidden() + i]);
                    }
                    assertEquals(p < 9, size > 1e-5, "position " + p);
                }
            }
        }
    }
}

package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.GenerationConfig;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Positions;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.Seams;
import dev.engram.model.Tape;
import dev.engram.model.TinyModel;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.engine.LinearFormat;
import dev.engram.model.engine.Torch;
import dev.engram.model.engine.WeightFormat;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows beside the tables are a model whose tables hold them. The model with the larger vocabulary begins with the same numbers as
 * the one with the smaller, since each table is drawn row by row from its own seed.
 */
class RowTrainingTest {
    private static final int VOCAB = 80;
    /** Token 80 and 81 are added, 5 and 17 replaced. */
    private static final int[] IDS = {5, 17, VOCAB, VOCAB + 1};

    private static final int[][] TEXT = {{3, 5, VOCAB, 17, 40, VOCAB + 1, VOCAB, 9}, {VOCAB + 1, 5, 5, 60, 17, 2, 80, 4}
    };

    private static LmConfig config(int vocab, boolean tied, boolean learned) {
        Positions positions = learned ? new Positions.Learned() : Positions.rope(10000);
        return new LmConfig(LmConfig.Family.LLAMA, 2, 64, 4, 2, 16, 96, vocab, 64, 1e-5, positions, tied, false, false);
    }

    private static RandomCheckpoint small(boolean tied, boolean learned) {
        return new RandomCheckpoint(config(VOCAB, tied, learned), 7, 0.3);
    }

    private static RandomCheckpoint large(boolean tied, boolean learned) {
        return new RandomCheckpoint(config(VOCAB + 2, tied, learned), 7, 0.3);
    }

    private static float[] floats(Checkpoint checkpoint, String name) {
        StoredTensor t = checkpoint.tensor(name);
        float[] values = new float[(int) t.elements()];
        Dequantizer.toFloats(t, 0, values, 0, values.length);
        return values;
    }

    /** Values of the rows {@link #IDS}, which for replaced ones are twice the model's own. */
    private static float[] rowValues(float[] table) {
        float[] rows = new float[IDS.length * 64];
        for (int i = 0; i < IDS.length; i++) {
            for (int j = 0; j < 64; j++) {
                rows[i * 64 + j] = (IDS[i] < VOCAB ? 2 : 1) * table[IDS[i] * 64 + j];
            }
        }
        return rows;
    }

    private static TokenRows rows(NDManager manager, boolean tied, boolean learned) {
        RandomCheckpoint all = large(tied, learned);
        NDArray input = manager.create(rowValues(floats(all, LayerNames.EMBEDDING)), new Shape(IDS.length, 64));
        NDArray output =
                tied ? input : manager.create(rowValues(floats(all, LayerNames.HEAD)), new Shape(IDS.length, 64));
        return new TokenRows(List.of("five", "seventeen", "<a>", "<b>"), IDS, input, output);
    }

    /** The model whose tables hold the rows. */
    private static Checkpoint reference(boolean tied, boolean learned) {
        RandomCheckpoint all = large(tied, learned);
        var changed = new dev.engram.model.source.ChangedCheckpoint(all);
        for (String table : tied ? List.of(LayerNames.EMBEDDING) : List.of(LayerNames.EMBEDDING, LayerNames.HEAD)) {
            float[] values = floats(all, table);
            float[] own = rowValues(values);
            for (int i = 0; i < IDS.length; i++) {
                System.arraycopy(own, i * 64, values, IDS[i] * 64, 64);
            }
            changed.put(table, () -> values);
        }
        return changed;
    }

    private static TrainableDecoder trainable(Checkpoint checkpoint) {
        return new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, false);
    }

    private static float[] logits(TrainableDecoder decoder, TokenRows rows) {
        try (NDManager step = decoder.newScope()) {
            NDArray x = decoder.embed(step, TEXT, null, rows);
            return decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()), rows)
                    .toFloatArray();
        }
    }

    private static float[] logits(Decoder decoder, Seams seams) {
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(2, null)) {
            return decoder.logits(scope, decoder.forward(scope, TEXT, cache, seams), 0)
                    .toFloatArray();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, false", "true, true"})
    void besideIsInside(boolean tied, boolean learned) {
        try (TrainableDecoder expected = trainable(reference(tied, learned));
                TrainableDecoder decoder = trainable(small(tied, learned));
                Decoder inference = Golden.decoder(small(tied, learned), Golden.F32)) {
            TokenRows rows = rows(decoder.newScope(), tied, learned);
            float[] reference = logits(expected, null);
            assertEquals(2 * 8 * (VOCAB + 2), reference.length);
            assertTrue(Golden.relativeRms(logits(decoder, rows), reference) <= 1e-6, "training");
            assertEquals(VOCAB, inference.vocab());
            inference.extend(rows);
            assertEquals(VOCAB + 2, inference.vocab());
            for (Seams seams : List.of(Seams.none(), Seams.none().withHook(new Seams.HiddenHook() {}))) {
                double error = Golden.relativeRms(logits(inference, seams), reference);
                assertTrue(error <= 1e-5, "inference: " + error);
            }
            try (NDManager scope = inference.newScope();
                    KvCache cache = inference.newCache(2, null)) {
                NDArray last = inference.logits(scope, inference.forward(scope, TEXT, cache, Seams.none()), 1);
                int width = VOCAB + 2;
                assertTrue(Golden.relativeRms(
                                Arrays.copyOf(last.toFloatArray(), width),
                                Arrays.copyOfRange(reference, 7 * width, 8 * width))
                        <= 1e-5);
            }
            inference.extend(null);
            assertThrows(BadInputException.class, () -> logits(inference, Seams.none()));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void gradientsAreThoseOfTheTablesRows(boolean tied) {
        int[][] labels = {{5, VOCAB, -100, 40, VOCAB + 1, VOCAB, 9, 1}, {-100, 5, 60, 17, -100, 80, 4, 81}};
        try (TrainableDecoder expected = trainable(reference(tied, false));
                TrainableDecoder decoder = trainable(small(tied, false));
                FullTraining full = new FullTraining(expected);
                RowTraining training = new RowTraining(decoder, rows(decoder.newScope(), tied, false))) {
            double reference = backward(expected, null, labels);
            assertEquals(reference, backward(decoder, training.rows(), labels), 1e-5);
            assertEquals(tied ? 1 : 2, training.parameters().size());
            training.parameters().forEach((name, rows) -> {
                String table = name.endsWith("head") ? LayerNames.HEAD : LayerNames.EMBEDDING;
                float[] all = gradient(full.parameters().get(table));
                float[] wanted = new float[IDS.length * 64];
                for (int i = 0; i < IDS.length; i++) {
                    System.arraycopy(all, IDS[i] * 64, wanted, i * 64, 64);
                }
                double error = Golden.relativeRms(gradient(rows), wanted);
                assertTrue(error <= 1e-5, name + ": " + error);
            });
        }
    }

    private static double backward(TrainableDecoder decoder, TokenRows rows, int[][] labels) {
        try (NDManager step = decoder.newScope();
                Tape tape = Tape.open()) {
            NDArray x = decoder.embed(step, TEXT, null, rows);
            NDArray hidden = decoder.forward(step, x, null, null, Seams.none());
            NDArray loss = decoder.crossEntropy(step, hidden, labels, rows);
            NDArray whole = decoder.crossEntropy(step, decoder.logits(step, hidden, rows), labels);
            assertEquals(whole.getFloat(), loss.getFloat(), 1e-5, "the head at labels alone");
            tape.backward(loss);
            return loss.getFloat();
        }
    }

    private static float[] gradient(NDArray leaf) {
        try (NDArray g = leaf.getGradient()) {
            return g.toFloatArray();
        }
    }

    @Test
    void onlyTheRowsLearnAndTheGeneratingDecoderHasThem(@TempDir Path folder) {
        try (TrainableDecoder decoder = trainable(small(true, false));
                Decoder inference = Golden.decoder(small(true, false), Golden.F32)) {
            Map<String, float[]> before = new LinkedHashMap<>();
            decoder.parameters().forEach((n, p) -> before.put(n, p.toFloatArray()));
            List<RowTraining.Token> tokens = List.of(
                    new RowTraining.Token("<b>", VOCAB + 1, 7),
                    new RowTraining.Token("<a>", VOCAB, 7, 9),
                    new RowTraining.Token("five", 5, 5));
            try (RowTraining training = new RowTraining(decoder, tokens)) {
                TokenRows rows = training.rows();
                assertEquals(List.of("five", "<a>", "<b>"), rows.tokens());
                float[] table = before.get(LayerNames.EMBEDDING);
                float[] first = rows.input().toFloatArray();
                for (int j = 0; j < 64; j++) {
                    assertEquals(table[5 * 64 + j], first[j]);
                    assertEquals((table[7 * 64 + j] + table[9 * 64 + j]) / 2, first[64 + j], 1e-7);
                    assertEquals(table[7 * 64 + j], first[128 + j]);
                }
                int[][] texts = {Arrays.copyOf(TEXT[0], 8), {VOCAB, 5, 5, 60, 40, 2, 80, 4}};
                History history =
                        new Trainer(training, TrainConfig.of(20, 1e-2)).run(new TextTask(decoder, texts, 2).with(rows));
                assertTrue(history.last().loss() < history.entries().get(0).loss());
                decoder.parameters().forEach((n, p) -> assertArrayEquals(before.get(n), p.toFloatArray(), n));
                assertTrue(Golden.relativeRms(rows.input().toFloatArray(), first) > 1e-3);

                inference.extend(rows);
                double error = Golden.relativeRms(logits(inference, Seams.none()), logits(decoder, rows));
                assertTrue(error <= 1e-5, "trained and generating: " + error);

                rows.save(folder.resolve("rows.safetensors"));
                TokenRows again = TokenRows.load(inference.backend().manager(), folder.resolve("rows.safetensors"));
                assertEquals(rows.tokens(), again.tokens());
                assertArrayEquals(rows.ids(), again.ids());
                assertArrayEquals(rows.input().toFloatArray(), again.input().toFloatArray());
                float[] trained = logits(inference, Seams.none());
                inference.extend(again);
                assertArrayEquals(trained, logits(inference, Seams.none()));
            }
        }
    }

    /** Rows are never rounded: beside 4-bit weights the logit of an added token is that of the same hidden state. */
    @Test
    void besideQuantisedWeights() {
        WeightFormat int4 = new WeightFormat("int4", true, LinearFormat.INT4, LinearFormat.INT8);
        try (Decoder decoder = Golden.decoder(small(true, false), int4);
                NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(2, null)) {
            TokenRows rows = rows(scope, true, false);
            decoder.extend(rows);
            NDArray hidden = decoder.forward(scope, TEXT, cache, Seams.none());
            float[] logits = decoder.logits(scope, hidden, 0).toFloatArray();
            float[] normed = decoder.normalised(scope, hidden).toFloatArray();
            float[] r = rows.input().toFloatArray();
            for (int t = 0; t < 16; t++) {
                for (int i = 0; i < IDS.length; i++) {
                    double expected = 0;
                    for (int j = 0; j < 64; j++) {
                        expected += (double) normed[t * 64 + j] * r[i * 64 + j];
                    }
                    assertEquals(expected, logits[t * (VOCAB + 2) + IDS[i]], 1e-4);
                }
            }
        }
    }

    @Test
    void aModelReadsAndWritesAddedTokens(@TempDir Path folder) throws IOException {
        LoadOptions f32 = LoadOptions.defaults().withDtype(DType.F32).withThreads(1);
        try (CausalLm lm = CausalLm.open(TinyModel.write(folder).toString(), f32);
                NDManager scope = lm.decoder().newScope()) {
            int width = lm.config().hidden();
            float[] values = new float[2 * width];
            Arrays.fill(values, 3f);
            NDArray input = scope.create(values, new Shape(2, width));
            TokenRows rows = new TokenRows(List.of("<recall>", "</recall>"), new int[] {260, 261}, input, input);
            assertEquals(8, lm.tokenizer().encode("<recall>").length);
            lm.extend(rows);
            assertArrayEquals(new int[] {260, 'a', 261}, lm.tokenizer().encode("<recall>a</recall>"));
            assertEquals("<recall>a", lm.tokenizer().decode(new int[] {260, 'a'}));
            lm.generate("<recall>a</recall>", GenerationConfig.greedy(3));
            lm.extend(null);
            assertEquals(8, lm.tokenizer().encode("<recall>").length);
            TokenRows shifted = new TokenRows(List.of("</recall>", "<recall>"), new int[] {259, 260}, input, input);
            BadInputException e = assertThrows(BadInputException.class, () -> lm.extend(shifted));
            assertEquals(
                    "The token rows hold </recall> as token 259, but this model's tokenizer gives it 260; use rows made"
                            + " with this model.",
                    e.getMessage());
            lm.generate("a", GenerationConfig.greedy(1));
        }
    }

    @Test
    void rowsThatDoNotFitAreRefused(@TempDir Path folder) throws IOException {
        LmConfig tied = config(VOCAB, true, false);
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.AUTO)) {
            NDArray two = manager.zeros(new Shape(2, 64));
            List<String> names = List.of("<a>", "<b>");
            refused("leaves a hole", () -> new TokenRows(names, new int[] {80, 82}, two, two).vocab(tied));
            refused("not in ascending order", () -> new TokenRows(names, new int[] {81, 80}, two, two));
            refused("is negative", () -> new TokenRows(names, new int[] {-1, 80}, two, two).vocab(tied));
            refused("1 tokens were given with 2 ids", () -> new TokenRows(List.of("<a>"), new int[] {1, 2}, two, two));
            NDArray wide = manager.zeros(new Shape(2, 65));
            refused("but the model is 64 wide", () -> new TokenRows(names, new int[] {80, 81}, wide, wide).vocab(tied));
            NDArray other = manager.zeros(new Shape(2, 64));
            refused("are tied", () -> new TokenRows(names, new int[] {80, 81}, two, other).vocab(tied));
            Path file = folder.resolve("rows.safetensors");
            Files.writeString(file, "not rows");
            refused("is damaged", () -> TokenRows.load(manager, file));
        }
        try (TrainableDecoder decoder = trainable(small(true, false))) {
            refused(
                    "has no token to begin like",
                    () -> new RowTraining(decoder, List.of(new RowTraining.Token("<a>", 80))));
            refused(
                    "is to begin like token id 80",
                    () -> new RowTraining(decoder, List.of(new RowTraining.Token("<a>", 80, 80))));
        }
    }

    private static void refused(String part, Runnable action) {
        BadInputException e = assertThrows(BadInputException.class, action::run);
        assertTrue(e.getMessage().contains(part) && e.getMessage().endsWith("."), e.getMessage());
    }
}

package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Runs.Driver;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.HfFolder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients through the decoder equal torch's: all parameters, LoRA, an input vector; and its forward pass is the inference one. */
class GradientTest {
    private static final double BAR = 1e-5;

    private static TrainableDecoder trainable(Checkpoint checkpoint, boolean bf16) {
        return new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, bf16);
    }

    private static void near(String what, float[] reference, float[] ours, double bar) {
        double error = Golden.relativeRms(ours, reference);
        assertTrue(error <= bar, what + ": relative RMS " + error);
    }

    /** Labels of the next tokens at each position. */
    private static int[][] shifted(Golden golden) {
        int[] labels = golden.ids("labels")[0];
        int[] shifted = Arrays.copyOfRange(labels, 1, labels.length + 1);
        shifted[labels.length - 1] = -100;
        return new int[][] {shifted};
    }

    private static float[] gradient(NDArray array) {
        try (NDArray g = array.getGradient()) {
            return g.toFloatArray();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3"})
    void allParameters(String name) {
        Golden golden = Golden.gradients(name);
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve(name));
                TrainableDecoder decoder = trainable(checkpoint, false);
                NDManager step = decoder.newScope()) {
            decoder.parameters().values().forEach(p -> p.setRequiresGradient(true));
            try (Tape tape = Tape.open()) {
                NDArray x = decoder.embed(step, golden.ids("input_ids"));
                NDArray logits = decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()));
                NDArray loss = decoder.crossEntropy(step, logits, shifted(golden));
                assertEquals(golden.floats("loss")[0], loss.getFloat(), 1e-5);
                tape.backward(loss);
            }
            assertEquals(
                    golden.names().stream().filter(n -> n.startsWith("grad.")).count(),
                    decoder.parameters().size());
            decoder.parameters()
                    .forEach((parameter, array) ->
                            near(parameter, golden.floats("grad." + parameter), gradient(array), BAR));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3"})
    void anInputVector(String name) {
        Golden golden = Golden.gradients(name);
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve(name));
                TrainableDecoder decoder = trainable(checkpoint, false);
                NDManager step = decoder.newScope()) {
            int hidden = decoder.config().hidden();
            int tokens = golden.ids("input_ids")[0].length;
            NDArray vector = step.create(golden.floats("vector.value"), new Shape(1, 1, hidden));
            vector.setRequiresGradient(true);
            float[] where = new float[tokens];
            where[golden.ids("vector.position")[0][0]] = 1;
            try (Tape tape = Tape.open()) {
                NDArray x = decoder.inject(
                        step,
                        decoder.embed(step, golden.ids("input_ids")),
                        vector,
                        step.create(where, new Shape(1, tokens, 1)));
                NDArray logits = decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()));
                NDArray loss = decoder.crossEntropy(step, logits, shifted(golden));
                assertEquals(golden.floats("vector.loss")[0], loss.getFloat(), 1e-5);
                tape.backward(loss);
            }
            near("vector", golden.floats("vector.grad"), gradient(vector), BAR);
        }
    }

    /** The golden file's adapters, alpha 8 over rank 4, as trainable leaves of {@code manager}. */
    private static Map<String, Adapter.Pair> lora(Golden golden, NDManager manager) {
        Map<String, Adapter.Pair> pairs = new LinkedHashMap<>();
        for (String name : golden.names()) {
            if (name.startsWith("lora.model") && name.endsWith(".A")) {
                String module = name.substring("lora.".length(), name.length() - 2);
                pairs.put(
                        module + ".weight",
                        new Adapter.Pair(leaf(golden, manager, name), leaf(golden, manager, "lora." + module + ".B")));
            }
        }
        return pairs;
    }

    private static NDArray leaf(Golden golden, NDManager manager, String name) {
        NDArray array = manager.create(golden.floats(name), new Shape(golden.shape(name)));
        array.setRequiresGradient(true);
        return array;
    }

    /** Gradients of all factors by their golden name. */
    private static Map<String, float[]> loraGradients(
            Golden golden, TrainableDecoder decoder, Map<String, Adapter.Pair> pairs, double bar) {
        Map<String, float[]> gradients = new TreeMap<>();
        try (NDManager step = decoder.newScope();
                Adapter adapter = new Adapter(step, decoder.config(), pairs, 2)) {
            try (Tape tape = Tape.open()) {
                NDArray x = decoder.embed(step, golden.ids("input_ids"));
                NDArray logits = decoder.logits(step, decoder.forward(step, x, null, adapter, Seams.none()));
                near("logits with adapters", golden.floats("lora.logits"), logits.toFloatArray(), bar);
                NDArray loss = decoder.crossEntropy(step, logits, shifted(golden));
                assertEquals(golden.floats("lora.loss")[0], loss.getFloat(), 10 * bar);
                tape.backward(loss);
            }
            pairs.forEach((name, pair) -> {
                String module = name.substring(0, name.length() - ".weight".length());
                gradients.put("lora_grad." + module + ".A", gradient(pair.a()));
                gradients.put("lora_grad." + module + ".B", gradient(pair.b()));
            });
        }
        return gradients;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3"})
    void adapters(String name) {
        Golden golden = Golden.gradients(name);
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve(name));
                TrainableDecoder decoder = trainable(checkpoint, false);
                Decoder inference = Golden.decoder(name);
                NDManager scope = decoder.newScope()) {
            Map<String, Adapter.Pair> pairs = lora(golden, scope);
            assertEquals(7 * decoder.config().layers(), pairs.size());
            loraGradients(golden, decoder, pairs, BAR).forEach((n, g) -> near(n, golden.floats(n), g, BAR));
            assertTrue(decoder.parameters().values().stream().noneMatch(NDArray::hasGradient), "the base is frozen");
            // the same factors beside the inference weights
            try (Adapter adapter = new Adapter(scope, decoder.config(), pairs, 2)) {
                inference.adapt(adapter);
                for (Driver driver : Driver.values()) {
                    near(
                            "inference " + driver,
                            golden.floats("lora.logits"),
                            Runs.logits(inference, driver, golden.ids("input_ids")[0], Seams.none()),
                            BAR);
                }
            }
        }
    }

    /**
     * A frozen base in bf16 rounds weights and activations. Distance of all gradients from f32 on these tiny models: 0.056,
     * 0.054, 0.033; of transformers with the same mixture: 0.053, 0.049, 0.035.
     */
    @ParameterizedTest
    @CsvSource({"llama,0.08", "qwen2,0.08", "qwen3,0.08"})
    void aBf16Base(String name, double bar) {
        Golden golden = Golden.gradients(name);
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve(name));
                TrainableDecoder decoder = trainable(checkpoint, true);
                NDManager scope = decoder.newScope()) {
            float[] ours = new float[0];
            float[] reference = new float[0];
            for (Map.Entry<String, float[]> e :
                    loraGradients(golden, decoder, lora(golden, scope), bar).entrySet()) {
                for (float g : e.getValue()) {
                    assertTrue(Float.isFinite(g), e.getKey());
                }
                ours = Runs.join(ours, e.getValue());
                reference = Runs.join(reference, golden.floats(e.getKey()));
            }
            near("all gradients", reference, ours, bar);
            assertTrue(Golden.relativeRms(ours, reference) > 1e-5, "bf16 was not used");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3"})
    void theForwardPassIsTheInferenceOne(String name) {
        Golden golden = Golden.gradients(name);
        int[][] ids = golden.ids("input_ids");
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve(name));
                TrainableDecoder decoder = trainable(checkpoint, false);
                Decoder inference = Golden.decoder(name);
                NDManager step = decoder.newScope()) {
            float[] expected = Runs.logits(inference, Driver.STACK, ids[0], Seams.none());
            NDArray plain = decoder.forward(step, decoder.embed(step, ids), null, null, Seams.none());
            near("plain", expected, decoder.logits(step, plain).toFloatArray(), 1e-5);
            // padded on the left, as in a batch
            int[] padding = {0, 5};
            int[][] batch = {ids[0], new int[ids[0].length]};
            System.arraycopy(ids[0], 0, batch[1], 5, ids[0].length - 5);
            NDArray padded = decoder.forward(step, decoder.embed(step, batch), padding, null, Seams.none());
            float[] both = decoder.logits(step, padded).toFloatArray();
            int row = expected.length;
            int vocab = decoder.config().vocab();
            near("first row", expected, Arrays.copyOf(both, row), 1e-5);
            near(
                    "padded row",
                    Arrays.copyOf(expected, row - 5 * vocab),
                    Arrays.copyOfRange(both, row + 5 * vocab, 2 * row),
                    1e-5);
        }
    }

    @Test
    void seamsActInTrainingAsInInference() {
        RandomCheckpoint checkpoint = Tiny.checkpoint();
        LmConfig config = checkpoint.config();
        int[] ids = Tiny.ids(15);
        try (TrainableDecoder decoder = trainable(checkpoint, false);
                Decoder inference = Golden.decoder(checkpoint, Golden.F32);
                NDManager step = decoder.newScope()) {
            Seams.Rows[] rows = new Seams.Rows[config.layers()];
            for (int i = 0; i < rows.length; i++) {
                long[] shape = {1, config.kvHeads(), 4, config.headDim()};
                rows[i] = new Seams.Rows(Tiny.normal(step, 2 * i, shape), Tiny.normal(step, 2 * i + 1, shape));
            }
            float[] hidden = new float[15 * 4];
            for (int i = 0; i < hidden.length; i += 3) {
                hidden[i] = Float.NEGATIVE_INFINITY;
            }
            NDArray mask = step.create(hidden, new Shape(15, 4));
            Seams.ExtraRows masked = new Seams.ExtraRows() {
                @Override
                public Seams.Rows of(int layer) {
                    return rows[layer];
                }

                @Override
                public NDArray mask() {
                    return mask;
                }
            };
            NDArray vector = Tiny.normal(step, 99, config.hidden());
            Map<String, Seams> all = new HashMap<>();
            all.put("rows", Seams.none().withRows(layer -> rows[layer]));
            all.put("masked rows", Seams.none().withRows(masked));
            for (int heads : new int[] {1, config.kvHeads()}) {
                float[] values = new float[heads * 15];
                for (int i = 0; i < values.length; i++) {
                    values[i] = i % 5 == 1 ? Float.NEGATIVE_INFINITY : -0.1f * i;
                }
                NDArray bias = step.create(values, new Shape(1, heads, 1, 15));
                all.put("bias of " + heads, Seams.none().withBias((layer, slots) -> bias));
                all.put(
                        "bias of " + heads + " and rows",
                        Seams.none().withBias((layer, slots) -> bias).withRows(layer -> rows[layer]));
            }
            all.put("hook", Seams.none().withHook(new Seams.HiddenHook() {
                @Override
                public NDArray afterAttention(int layer, NDArray x) {
                    return layer == 1 ? x.add(vector) : x;
                }
            }));
            float[] plain = Runs.logits(inference, Driver.STACK, ids, Seams.none());
            all.forEach((what, seams) -> {
                float[] expected = Runs.logits(inference, Driver.STACK, ids, seams);
                assertTrue(Golden.relativeRms(expected, plain) > 1e-3, what + " must matter");
                NDArray x = decoder.embed(step, new int[][] {ids});
                float[] ours = decoder.logits(step, decoder.forward(step, x, null, null, seams))
                        .toFloatArray();
                near(what, expected, ours, 1e-5);
            });
        }
    }

    /** Keys of extra rows are differentiable: a finite difference along the gradient agrees. */
    @Test
    void gradientsReachExtraRows() {
        RandomCheckpoint checkpoint = Tiny.checkpoint();
        LmConfig config = checkpoint.config();
        int[][] ids = {Tiny.ids(9)};
        int[][] labels = {Arrays.copyOfRange(Tiny.ids(10), 1, 10)};
        try (TrainableDecoder decoder = trainable(checkpoint, false);
                NDManager step = decoder.newScope()) {
            Shape shape = new Shape(1, config.kvHeads(), 3, config.headDim());
            NDArray keys = Tiny.normal(step, 1, shape.getShape());
            NDArray values = Tiny.normal(step, 2, shape.getShape());
            keys.setRequiresGradient(true);
            values.setRequiresGradient(true);
            try (Tape tape = Tape.open()) {
                tape.backward(loss(decoder, step, ids, labels, keys, values));
            }
            for (NDArray leaf : new NDArray[] {keys, values}) {
                float[] gradient = gradient(leaf);
                double square = 0;
                for (float g : gradient) {
                    square += g * g;
                }
                double h = 1e-2 / Math.sqrt(square);
                float[] base = leaf.toFloatArray();
                float[][] moved = new float[2][base.length];
                for (int i = 0; i < base.length; i++) {
                    moved[0][i] = (float) (base[i] + h * gradient[i]);
                    moved[1][i] = (float) (base[i] - h * gradient[i]);
                }
                double[] losses = new double[2];
                for (int i = 0; i < 2; i++) {
                    NDArray other = step.create(moved[i], shape);
                    losses[i] = loss(
                                    decoder,
                                    step,
                                    ids,
                                    labels,
                                    leaf == keys ? other : keys,
                                    leaf == values ? other : values)
                            .getFloat();
                }
                assertEquals(square, (losses[0] - losses[1]) / (2 * h), 0.02 * square);
            }
        }
    }

    private static NDArray loss(
            TrainableDecoder decoder, NDManager step, int[][] ids, int[][] labels, NDArray keys, NDArray values) {
        Seams seams = Seams.none().withRows(layer -> layer == 1 ? new Seams.Rows(keys, values) : null);
        NDArray x = decoder.embed(step, ids);
        return decoder.crossEntropy(step, decoder.logits(step, decoder.forward(step, x, null, null, seams)), labels);
    }

    @Test
    void trainingLowersTheLossAndReachesInference() {
        // plain gradient steps on one matrix, then the same weights in the inference decoder
        RandomCheckpoint checkpoint = Tiny.checkpoint();
        int[][] ids = {Tiny.ids(12)};
        int[][] labels = {Arrays.copyOfRange(Tiny.ids(13), 1, 13)};
        String name = new LayerNames(1).down();
        try (TrainableDecoder decoder = trainable(checkpoint, false)) {
            NDArray w = decoder.parameters().get(name);
            w.setRequiresGradient(true);
            float first = 0;
            float last = 0;
            for (int s = 0; s < 20; s++) {
                try (NDManager step = decoder.newScope()) {
                    try (Tape tape = Tape.open()) {
                        NDArray x = decoder.embed(step, ids);
                        NDArray logits = decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()));
                        NDArray loss = decoder.crossEntropy(step, logits, labels);
                        last = loss.getFloat();
                        first = s == 0 ? last : first;
                        tape.backward(loss);
                    }
                    try (NDArray g = w.getGradient()) {
                        NDArray change = g.mul(0.01f);
                        change.attach(step);
                        w.subi(change);
                        g.subi(g);
                    }
                }
            }
            assertTrue(last < first - 0.5, first + " → " + last);
            Tiny.Altered altered = new Tiny.Altered(checkpoint);
            altered.put(name, w.toFloatArray());
            try (Decoder inference = Golden.decoder(altered, Golden.F32);
                    NDManager step = decoder.newScope()) {
                NDArray x = decoder.embed(step, ids);
                near(
                        "trained",
                        Runs.logits(inference, Driver.STACK, ids[0], Seams.none()),
                        decoder.logits(step, decoder.forward(step, x, null, null, Seams.none()))
                                .toFloatArray(),
                        1e-5);
            }
        }
    }
}

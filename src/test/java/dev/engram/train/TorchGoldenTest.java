package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Decoder;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.HfFolder;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Optimiser, schedules, LoRA and whole runs give the numbers of torch, transformers and PEFT; make_train.py made them. */
class TorchGoldenTest {
    private static final double BAR = 1e-5;
    private static final Path ADAPTER = Golden.FOLDER.resolveSibling("train").resolve("adapter");

    private static void near(String what, float[] reference, float[] ours) {
        double error = Golden.relativeRms(ours, reference);
        assertTrue(error <= BAR, what + ": relative RMS " + error);
    }

    /** Leaves with given first values, of which a gain does not decay. */
    private record Leaves(NDManager manager, Map<String, NDArray> parameters) implements Trainables {
        static Leaves of(Golden golden, String... names) {
            NDManager manager = Torch.manager(LoadOptions.DeviceChoice.AUTO);
            Map<String, NDArray> leaves = new LinkedHashMap<>();
            for (String name : names) {
                NDArray leaf = manager.create(golden.floats("start." + name), new Shape(golden.shape("start." + name)));
                leaf.setRequiresGradient(true);
                leaves.put(name, leaf);
            }
            return new Leaves(manager, leaves);
        }

        @Override
        public void close() {
            manager.close();
        }
    }

    @Test
    void adamWAndClipping() {
        Golden golden = Golden.file("train/optimiser.safetensors");
        float[] norms = golden.floats("norms");
        try (Leaves leaves = Leaves.of(golden, "matrix", "gain", "small");
                AdamW adamw = new AdamW(leaves, new AdamWConfig(0.9, 0.95, 1e-8, 0.1))) {
            for (int step = 0; step < norms.length; step++) {
                for (String name : leaves.parameters().keySet()) {
                    addGradient(leaves.parameters().get(name), golden.floats("grad." + step + "." + name));
                }
                assertEquals(norms[step], adamw.clip(1), norms[step] * BAR);
                adamw.step(0.01, step + 1);
                for (String name : leaves.parameters().keySet()) {
                    String key = "after." + step + "." + name;
                    if (golden.names().contains(key)) {
                        near(
                                key,
                                golden.floats(key),
                                leaves.parameters().get(name).toFloatArray());
                    }
                }
            }
            adamw.first().forEach((n, m) -> near(n, golden.floats("exp_avg." + n), m.toFloatArray()));
            adamw.second().forEach((n, v) -> near(n, golden.floats("exp_avg_sq." + n), v.toFloatArray()));
        }
    }

    /** The gradient of sum(p · g) is g. */
    private static void addGradient(NDArray leaf, float[] gradient) {
        try (NDManager scope = leaf.getManager().newSubManager();
                Tape tape = Tape.open()) {
            NDArray product = leaf.mul(scope.create(gradient, leaf.getShape()));
            product.attach(scope);
            NDArray sum = product.sum();
            tape.backward(sum);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "constant, CONSTANT, 7, 0, 0",
        "linear, LINEAR, 7, 0, 0",
        "linear.no_warmup, LINEAR, 0, 0, 0",
        "cosine, COSINE, 7, 0, 0",
        "cosine.min, COSINE, 7, 0, 0.1",
        "wsd, WARMUP_STABLE_DECAY, 7, 15, 0",
        "wsd.min, WARMUP_STABLE_DECAY, 7, 15, 0.1"
    })
    void schedules(String name, Schedule.Kind kind, int warmup, int decay, double minRatio) {
        float[] expected = Golden.file("train/schedules.safetensors").floats(name);
        Schedule schedule = new Schedule(kind, warmup, decay, minRatio);
        float[] ours = new float[expected.length];
        for (int step = 0; step < ours.length; step++) {
            ours[step] = (float) schedule.factor(step, ours.length);
        }
        assertArrayEquals(expected, ours, 1e-6f);
    }

    private static TrainableDecoder llama() {
        try (Checkpoint checkpoint = HfFolder.open(Golden.FOLDER.resolve("llama"))) {
            return new TrainableDecoder(Torch.manager(LoadOptions.DeviceChoice.AUTO), checkpoint, false);
        }
    }

    /** Two of the file's texts of [4, 17] tokens, turn about. */
    private static TextTask task(TrainableDecoder decoder, Golden golden) {
        return new TextTask(decoder, Arrays.copyOf(golden.ids("ids"), 8), 4);
    }

    private static void run(Trainables trainables, TrainConfig config, TextTask task, Golden golden) {
        History history = new Trainer(trainables, config).run(task);
        float[] losses = golden.floats("losses");
        float[] norms = golden.floats("norms");
        for (int step = 0; step < losses.length; step++) {
            History.Entry e = history.entries().get(step);
            assertEquals(losses[step], e.loss(), losses[step] * BAR, "loss of step " + step);
            assertEquals(norms[step], e.gradientNorm(), norms[step] * 10 * BAR, "norm of step " + step);
        }
    }

    private static float[] logits(TrainableDecoder decoder, Golden golden, Lora lora) {
        try (NDManager step = decoder.newScope()) {
            int[][] ids = Arrays.copyOfRange(golden.ids("ids"), 8, 12);
            NDArray hidden = decoder.forward(
                    step, decoder.embed(step, ids), null, lora == null ? null : lora.adapter(), Seams.none());
            return decoder.logits(step, hidden).toFloatArray();
        }
    }

    private static float[] logits(Decoder decoder, Golden golden) {
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(4, null)) {
            int[][] ids = Arrays.copyOfRange(golden.ids("ids"), 8, 12);
            return decoder.logits(scope, decoder.forward(scope, ids, cache, Seams.none()), 0)
                    .toFloatArray();
        }
    }

    @Test
    void twentyStepsOfAllParameters() {
        Golden golden = Golden.file("train/full.safetensors");
        try (TrainableDecoder decoder = llama();
                FullTraining full = new FullTraining(decoder)) {
            run(
                    full,
                    TrainConfig.of(20, 1e-3).withSchedule(Schedule.cosine(3)).withWeightDecay(0.1),
                    task(decoder, golden),
                    golden);
            full.parameters().forEach((n, p) -> near(n, golden.floats("after." + n), p.toFloatArray()));
            near("logits", golden.floats("logits"), logits(decoder, golden, null));
            try (Checkpoint merged = full.merged(HfFolder.open(Golden.FOLDER.resolve("llama")));
                    Decoder inference = Golden.decoder(merged, Golden.F32)) {
                near("inference", golden.floats("logits"), logits(inference, golden));
            }
        }
    }

    /** The same first values as PEFT's, as a folder in its layout. */
    private static Path start(Golden golden, Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.copy(ADAPTER.resolve("adapter_config.json"), folder.resolve("adapter_config.json"));
        SafetensorsWriter writer = new SafetensorsWriter();
        golden.names().stream()
                .filter(n -> n.startsWith("start."))
                .forEach(n ->
                        writer.add(n.substring("start.".length()), TensorType.F32, golden.shape(n), golden.floats(n)));
        writer.write(folder.resolve("adapter_model.safetensors"));
        return folder;
    }

    @Test
    void twentyStepsOfLora(@TempDir Path folder) throws IOException {
        Golden golden = Golden.file("train/lora.safetensors");
        try (TrainableDecoder decoder = llama();
                NDManager scope = decoder.newScope();
                Lora lora = Lora.load(scope, decoder.config(), start(golden, folder.resolve("start")))) {
            run(
                    lora,
                    TrainConfig.of(20, 1e-2).withSchedule(Schedule.cosine(3)),
                    task(decoder, golden).with(lora.adapter()),
                    golden);
            near("trained", golden.floats("logits"), logits(decoder, golden, lora));
        }
    }

    /** PEFT's folder: beside the weights, merged in place, merged into a checkpoint, beside inference weights. */
    @Test
    void mergedIsBesideIsPeft(@TempDir Path folder) throws IOException {
        Golden golden = Golden.file("train/lora.safetensors");
        float[] expected = golden.floats("logits");
        try (TrainableDecoder decoder = llama();
                NDManager scope = decoder.newScope();
                Lora lora = Lora.load(scope, decoder.config(), ADAPTER)) {
            assertEquals(new LoraConfig(4, 8, 0, LoraConfig.LINEARS), lora.config());
            near("beside", expected, logits(decoder, golden, lora));
            float[] plain = logits(decoder, golden, null);
            assertTrue(Golden.relativeRms(plain, expected) > 0.01, "the adapter must matter");

            lora.merge(decoder);
            near("merged in place", golden.floats("merged.logits"), logits(decoder, golden, null));
            golden.names().stream()
                    .filter(n -> n.startsWith("merged.model"))
                    .forEach(n -> near(
                            n,
                            golden.floats(n),
                            decoder.parameters()
                                    .get(n.substring("merged.".length()))
                                    .toFloatArray()));
            lora.unmerge(decoder);
            near("unmerged", plain, logits(decoder, golden, null));

            try (Checkpoint merged = lora.merged(HfFolder.open(Golden.FOLDER.resolve("llama")));
                    Decoder inference = Golden.decoder(merged, Golden.F32)) {
                near("merged checkpoint", expected, logits(inference, golden));
            }
            try (Decoder inference = Golden.decoder("llama")) {
                inference.adapt(lora.adapter());
                near("beside inference weights", expected, logits(inference, golden));
            }

            lora.save(folder, "golden/tiny/llama");
            try (Lora again = Lora.load(scope, decoder.config(), folder)) {
                assertEquals(lora.config(), again.config());
                lora.parameters()
                        .forEach((n, p) -> assertArrayEquals(
                                p.toFloatArray(), again.parameters().get(n).toFloatArray(), n));
            }
        }
    }
}

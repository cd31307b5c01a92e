package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.Golden;
import dev.engram.model.Seams;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** First values, dropout and files of adapters; TorchGoldenTest compares them with PEFT. */
class LoraTest {
    private static float[] hidden(TrainableDecoder decoder, Lora lora) {
        try (NDManager step = decoder.newScope()) {
            NDArray x = decoder.embed(step, new int[][] {Runs.texts()[0]});
            return decoder.forward(step, x, null, lora == null ? null : lora.adapter(), Seams.none())
                    .toFloatArray();
        }
    }

    @Test
    void theFirstForwardPassIsTheBaseModels() {
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(4), 1);
                Lora same = Lora.create(decoder, LoraConfig.of(4), 1);
                Lora other = Lora.create(decoder, LoraConfig.of(4), 2)) {
            assertArrayEquals(hidden(decoder, null), hidden(decoder, lora));
            assertEquals(3 * 7 * 2, lora.parameters().size());
            lora.parameters().forEach((name, p) -> {
                float[] values = p.toFloatArray();
                assertArrayEquals(values, same.parameters().get(name).toFloatArray());
                if (name.contains("lora_B")) {
                    assertEquals(0, p.abs().max().getFloat(), name);
                } else {
                    double bound = 1 / Math.sqrt(p.getShape().get(1));
                    double largest = p.abs().max().getFloat();
                    assertTrue(largest <= bound && largest > 0.9 * bound, name + ": " + largest + " of " + bound);
                    double square = p.square().mean().getFloat();
                    assertEquals(bound * bound / 3, square, 0.25 * bound * bound / 3, name + " is uniform");
                    assertNotEquals(values[0], other.parameters().get(name).toFloatArray()[0]);
                }
            });
        }
    }

    @Test
    void onlyChosenLinearsAreAdapted() {
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(2).withTargetModules("q_proj", "v_proj"), 1)) {
            assertEquals(3 * 2 * 2, lora.parameters().size());
            assertTrue(lora.parameters().containsKey("base_model.model.model.layers.2.self_attn.v_proj.lora_B.weight"));
        }
    }

    /** A change in the last linear only is linear in what was dropped, so the mean over many draws is no dropout. */
    @Test
    void dropoutIsSeededAndFairAndGoneAfterwards() {
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(4).withDropout(0.25), 1)) {
            NDArray b = lora.parameters().get("base_model.model.model.layers.2.mlp.down_proj.lora_B.weight");
            try (AdamW set = new AdamW(lora, AdamWConfig.defaults());
                    NDManager scope = decoder.newScope()) {
                set.set(
                        b,
                        scope.ones(new Shape(b.getShape().getShape())).mul(0.1f).toFloatArray());
            }
            float[] plain = hidden(decoder, lora);
            float[] base = hidden(decoder, null);
            lora.before(3, 1);
            float[] drawn = hidden(decoder, lora);
            lora.before(3, 1);
            assertArrayEquals(drawn, hidden(decoder, lora), "the same step draws the same");
            assertTrue(Golden.relativeRms(drawn, plain) > 1e-3, "something is dropped");
            lora.before(3, 2);
            assertTrue(Golden.relativeRms(hidden(decoder, lora), drawn) > 1e-3, "another micro-batch draws anew");
            int draws = 400;
            double[] sum = new double[plain.length];
            double square = 0;
            for (int i = 0; i < draws; i++) {
                lora.before(i, 0);
                float[] h = hidden(decoder, lora);
                for (int j = 0; j < h.length; j++) {
                    sum[j] += h[j];
                    square += Math.pow(h[j] - plain[j], 2);
                }
            }
            double off = 0;
            for (int j = 0; j < plain.length; j++) {
                off += Math.pow(sum[j] / draws - plain[j], 2);
            }
            // the rows of B are equal, so all outputs of a token move together: 13 independent means
            double ratio = off / (square / draws / draws);
            assertTrue(ratio > 0.3 && ratio < 2.5, "variance of the mean over its expectation: " + ratio);
            lora.after();
            assertArrayEquals(plain, hidden(decoder, lora));
            assertTrue(Golden.relativeRms(plain, base) > 1e-3);
        }
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        refused("The rank r is 0; give 1 or more, such as 8.", () -> LoraConfig.of(0));
        refused(
                "The dropout is 1.0; it must lie in [0, 1).",
                () -> LoraConfig.of(2).withDropout(1));
        refused(
                "alpha is -1.0; give a positive number, such as twice the rank.",
                () -> LoraConfig.of(2).withAlpha(-1));
        refused(
                "targetModules names 'query'; it may hold q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj.",
                () -> LoraConfig.of(2).withTargetModules("query"));
        refused(
                "The learning rate is NaN; give a number above 0, such as 1e-3 for LoRA.",
                () -> TrainConfig.of(5, Double.NaN));
        refused("The run has 0 steps; give 1 or more.", () -> TrainConfig.of(0, 1));
        refused(
                "The schedule has 4 steps of warm-up and 2 of decay, but the run has 5 steps; give it more steps or a"
                        + " shorter schedule.",
                () -> TrainConfig.of(5, 1).withSchedule(Schedule.warmupStableDecay(4, 2)));
        refused(
                "AdamW's weightDecay is -0.1; it must lie in [0, 1].",
                () -> TrainConfig.of(5, 1).withWeightDecay(-0.1));
        try (TrainableDecoder decoder = Runs.decoder()) {
            refused(
                    "The last 4 layers are to learn, but the model has 3; give 1 to 3.",
                    () -> new LastLayers(decoder, 4));
        }
    }

    private static void refused(String sentence, Runnable action) {
        assertEquals(
                sentence, assertThrows(BadInputException.class, action::run).getMessage());
    }

    @Test
    void foldersThatAreNoPlainLoraAreRefused(@TempDir Path folder) throws IOException {
        try (TrainableDecoder decoder = Runs.decoder();
                NDManager scope = decoder.newScope();
                Lora lora = Lora.create(decoder, Runs.LORA, 1)) {
            assertFault(scope, decoder, folder, "adapter_config.json cannot be read");
            lora.save(folder, "tiny");
            Path json = folder.resolve("adapter_config.json");
            String good = Files.readString(json);
            Map<String, String> changes = Map.of(
                    "\"LORA\"", "\"IA3\"",
                    "\"use_dora\": false", "\"use_dora\": true",
                    "\"bias\": \"none\"", "\"bias\": \"all\"",
                    "\"alpha_pattern\": {}", "\"alpha_pattern\": {\"q_proj\": 3}",
                    "\"r\": 2", "\"r\": 3",
                    "\"lora_alpha\": 4.0", "\"lora_alpha\": \"four\"");
            for (Map.Entry<String, String> change : changes.entrySet()) {
                assertTrue(good.contains(change.getKey()), change.getKey() + " in " + good);
                Files.writeString(json, good.replace(change.getKey(), change.getValue()));
                assertFault(scope, decoder, folder, "");
            }
            Files.writeString(json, good.substring(0, 20));
            assertFault(scope, decoder, folder, "is not a JSON object");
            Files.writeString(json, good);
            try (Lora again = Lora.load(scope, decoder.config(), folder)) {
                assertEquals(Runs.LORA, again.config());
            }
            String key = lora.parameters().keySet().iterator().next();
            new SafetensorsWriter()
                    .add(key, TensorType.F32, new long[] {2, 64}, new float[128])
                    .write(folder.resolve("adapter_model.safetensors"));
            assertFault(scope, decoder, folder, "has no factors of rank 2");
            new SafetensorsWriter()
                    .add("lm_head.weight", TensorType.F32, new long[] {2, 64}, new float[128])
                    .write(folder.resolve("adapter_model.safetensors"));
            assertFault(scope, decoder, folder, "holds 'lm_head.weight'");
        }
    }

    private static void assertFault(NDManager scope, TrainableDecoder decoder, Path folder, String part) {
        BadInputException e = assertThrows(BadInputException.class, () -> Lora.load(scope, decoder.config(), folder));
        assertTrue(e.getMessage().contains(part) && e.getMessage().contains(folder.toString()), e.getMessage());
        assertTrue(e.getMessage().endsWith("."), e.getMessage());
    }
}

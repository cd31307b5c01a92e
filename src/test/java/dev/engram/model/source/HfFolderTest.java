package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Positions.RopeScaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HfFolderTest {
    @TempDir
    Path folder;

    @Test
    void configurationInTheFormOfTransformers4() throws IOException {
        LmConfig expected = new LmConfig(
                LmConfig.Family.LLAMA, 1, 8, 2, 1, 4, 12, 10, 32, 1e-5, Positions.rope(5000), true, false, false);
        try (HfFolder c = HfFolder.open(TinyHf.write(folder))) {
            assertEquals(expected, c.config());
            assertEquals(11, c.names().size());
            assertEquals(1, c.generationDefaults().bos().orElseThrow());
            assertEquals(Set.of(2, 3), c.generationDefaults().eos());
            assertTrue(c.generationDefaults().pad().isEmpty());
            assertTrue(c.chatTemplate().isEmpty());
            assertEquals("{}", c.tokenizerJson());
            assertEquals(80, c.tensor("model.embed_tokens.weight").elements());
            Refusal.of(() -> c.tensor("lm_head.weight"), "lm_head.weight");
        }
    }

    @Test
    void configurationInTheFormOfTransformers5() throws IOException {
        JsonObject json = TinyHf.config();
        json.remove("rope_theta");
        json.add("rope_parameters", JsonParser.parseString("""
                        {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}"""));
        try (HfFolder c = HfFolder.open(TinyHf.write(folder, json))) {
            RopeScaling scaling = new RopeScaling(RopeScaling.Kind.LLAMA3, 32, 1, 4, 8192);
            assertEquals(new Positions.Rope(500000, scaling), c.config().positions());
        }
    }

    @Test
    void oldScalingAndFamilies() throws IOException {
        JsonObject json = TinyHf.config();
        json.add("rope_scaling", JsonParser.parseString("{\"type\": \"linear\", \"factor\": 2}"));
        json.addProperty("model_type", "qwen2");
        json.addProperty("tie_word_embeddings", false);
        try (HfFolder c = HfFolder.open(TinyHf.write(folder, json))) {
            assertEquals(
                    new Positions.Rope(5000, RopeScaling.linear(2)), c.config().positions());
            assertTrue(c.config().attentionBias());
            assertTrue(c.names().contains("lm_head.weight"));
            assertTrue(c.names().contains("model.layers.0.self_attn.k_proj.bias"));
        }
        json.addProperty("model_type", "qwen3");
        try (HfFolder c = HfFolder.open(TinyHf.write(folder, json))) {
            assertEquals(128, c.config().headDim());
            assertTrue(c.config().qkNorm());
            assertFalse(c.config().attentionBias());
        }
    }

    @Test
    void shards() throws IOException {
        TinyHf.write(folder);
        Map<String, long[]> all = ExpectedTensors.of(HfConfig.read(folder.resolve("config.json")));
        Map<String, long[]> first = new LinkedHashMap<>();
        Map<String, long[]> second = new LinkedHashMap<>();
        JsonObject map = new JsonObject();
        all.forEach((name, shape) -> {
            boolean one = first.size() < 5;
            (one ? first : second).put(name, shape);
            map.addProperty(name, one ? "model-1.safetensors" : "model-2.safetensors");
        });
        Files.delete(folder.resolve("model.safetensors"));
        Files.write(folder.resolve("model-1.safetensors"), TinyHf.safetensors(first, "BF16", 2));
        Files.write(folder.resolve("model-2.safetensors"), TinyHf.safetensors(second, "F32", 4));
        writeIndex(map);
        try (HfFolder c = HfFolder.open(folder)) {
            assertEquals(TensorType.BF16, c.tensor("model.embed_tokens.weight").type());
            assertEquals(TensorType.F32, c.tensor("model.norm.weight").type());
        }
        Files.delete(folder.resolve("model-2.safetensors"));
        Refusal.of(() -> HfFolder.open(folder), "model-2.safetensors");
        for (String outside : List.of("../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..", "")) {
            map.addProperty("model.norm.weight", outside);
            writeIndex(map);
            Refusal.of(() -> HfFolder.open(folder), "model.safetensors.index.json", "plain name");
        }
    }

    @Test
    void generationAndTemplates() throws IOException {
        TinyHf.write(folder);
        Files.writeString(
                folder.resolve("generation_config.json"),
                "{\"eos_token_id\": 4, \"pad_token_id\": 5, \"temperature\": 0.7, \"top_k\": 20, \"top_p\": 0.8}");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"one\"}");
        try (HfFolder c = HfFolder.open(folder)) {
            GenerationDefaults expected = new GenerationDefaults(
                    Optional.of(1), Set.of(4), Optional.of(5), Optional.of(0.7), Optional.of(20), Optional.of(0.8));
            assertEquals(expected, c.generationDefaults());
            assertEquals("one", c.chatTemplate().orElseThrow());
            Files.writeString(folder.resolve("tokenizer_config.json"), """
                    {"chat_template": [{"name": "tool", "template": "two"}, {"name": "default", "template": "three"}]}""");
            assertEquals("three", c.chatTemplate().orElseThrow());
            Files.writeString(folder.resolve("chat_template.jinja"), "four");
            assertEquals("four", c.chatTemplate().orElseThrow());
        }
    }

    @Test
    void configurationAndWeightsThatDisagree() throws IOException {
        TinyHf.write(folder);
        config("intermediate_size", 16);
        refused("model.layers.0.mlp.gate_proj.weight", "[12, 8]", "[16, 8]");
        config("num_hidden_layers", 2);
        refused("lacks 9 of 20 tensors", "model.layers.1.input_layernorm.weight");
        config("tie_word_embeddings", false);
        refused("lm_head.weight");
        Map<String, long[]> shapes = ExpectedTensors.of(HfConfig.read(folder.resolve("config.json")));
        TinyHf.write(folder);
        shapes.put("model.layers.0.self_attn.o_proj.bias", new long[] {8});
        Files.write(folder.resolve("model.safetensors"), TinyHf.safetensors(shapes, "F32", 4));
        refused("o_proj.bias", "does not know");
        Files.write(
                folder.resolve("model.safetensors"),
                TinyHf.safetensors(ExpectedTensors.of(HfConfig.read(folder.resolve("config.json"))), "F64", 8));
        refused("model.safetensors", "F64");
    }

    @Test
    void whatIsNotSupportedIsNamed() throws IOException {
        TinyHf.write(folder);
        config("model_type", "gemma2");
        refused("config.json", "'gemma2'", "llama, qwen2 or qwen3");
        config("hidden_act", "gelu");
        refused("hidden_act = gelu");
        config("use_sliding_window", true);
        refused("use_sliding_window");
        JsonObject json = TinyHf.config();
        json.add("rope_scaling", JsonParser.parseString("{\"rope_type\": \"yarn\", \"factor\": 2}"));
        Files.writeString(folder.resolve("config.json"), json.toString());
        refused("rope_type = yarn");
    }

    @Test
    void wrongValuesAreNamed() throws IOException {
        TinyHf.write(folder);
        config("hidden_size", "eight");
        refused("config.json", "hidden_size = \"eight\"");
        config("num_attention_heads", 0);
        refused("num_attention_heads");
        config("num_hidden_layers", -1);
        refused("config.json", "num_hidden_layers = -1");
        config("num_hidden_layers", 1e300);
        refused("num_hidden_layers");
        config("vocab_size", 1.5);
        refused("vocab_size = 1.5");
        config("eos_token_id", 10);
        refused("eos_token_id = 10");
        JsonObject json = TinyHf.config();
        json.remove("hidden_size");
        Files.writeString(folder.resolve("config.json"), json.toString());
        refused("lacks the field hidden_size");
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": ");
        refused("config.json", "not valid JSON");
        Files.writeString(folder.resolve("config.json"), "[".repeat(100_000));
        refused("config.json", "JSON");
        Files.write(folder.resolve("config.json"), new byte[] {(byte) 0xc3, 0x28});
        refused("config.json", "UTF-8");
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        Refusal.of(() -> HfFolder.open(folder), "config.json");
        TinyHf.write(folder);
        Files.delete(folder.resolve("tokenizer.json"));
        try (HfFolder c = HfFolder.open(folder)) {
            Refusal.of(c::tokenizerJson, "tokenizer.json");
        }
        Files.delete(folder.resolve("model.safetensors"));
        refused("neither model.safetensors nor");
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        refused("save the model again as safetensors");
    }

    private void refused(String... words) {
        Refusal.of(() -> HfFolder.open(folder), words);
    }

    private void writeIndex(JsonObject map) throws IOException {
        JsonObject index = new JsonObject();
        index.add("weight_map", map);
        Files.writeString(folder.resolve("model.safetensors.index.json"), index.toString());
    }

    private void config(String field, Object value) throws IOException {
        JsonObject json = TinyHf.config();
        if (value instanceof Number n) {
            json.addProperty(field, n);
        } else if (value instanceof Boolean b) {
            json.addProperty(field, b);
        } else {
            json.addProperty(field, value.toString());
        }
        Files.writeString(folder.resolve("config.json"), json.toString());
    }
}

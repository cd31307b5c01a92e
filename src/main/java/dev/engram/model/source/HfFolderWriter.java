package dev.engram.model.source;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Positions.RopeScaling;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * Writes a checkpoint as a folder in Hugging Face layout, which {@link HfFolder} and transformers open: a model that was
 * trained or that an adapter was merged into. The weights come last, so that a folder without them is an unfinished one.
 */
public final class HfFolderWriter {
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    private HfFolderWriter() {}

    /**
     * Writes config.json, generation_config.json, tokenizer.json, chat_template.jinja and model.safetensors.
     *
     * @param type F32, or BF16 for half the size
     */
    public static void write(Path folder, Checkpoint checkpoint, TensorType type) {
        text(folder.resolve("config.json"), JSON.toJson(config(checkpoint, type)) + "\n");
        text(folder.resolve("generation_config.json"), JSON.toJson(generation(checkpoint.generationDefaults())) + "\n");
        text(folder.resolve("tokenizer.json"), checkpoint.tokenizerJson());
        checkpoint.chatTemplate().ifPresent(t -> text(folder.resolve("chat_template.jinja"), t));
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        for (String name : checkpoint.names()) {
            long[] shape = checkpoint.tensor(name).shape();
            writer.add(name, type, shape, () -> Dequantizer.toFloats(checkpoint.tensor(name)));
        }
        writer.write(folder.resolve("model.safetensors"));
    }

    private static JsonObject config(Checkpoint checkpoint, TensorType type) {
        LmConfig c = checkpoint.config();
        if (!(c.positions() instanceof Positions.Rope rope)) {
            throw new BadInputException(
                    "The model has learned positions, which no family of this layout has; save it as a checkpoint.");
        }
        JsonObject json = new JsonObject();
        String family = c.family().name().toLowerCase(Locale.ROOT);
        JsonArray architectures = new JsonArray();
        architectures.add(family.substring(0, 1).toUpperCase(Locale.ROOT) + family.substring(1) + "ForCausalLM");
        json.add("architectures", architectures);
        json.addProperty("model_type", family);
        json.addProperty("num_hidden_layers", c.layers());
        json.addProperty("hidden_size", c.hidden());
        json.addProperty("num_attention_heads", c.heads());
        json.addProperty("num_key_value_heads", c.kvHeads());
        json.addProperty("head_dim", c.headDim());
        json.addProperty("intermediate_size", c.intermediate());
        json.addProperty("hidden_act", "silu");
        json.addProperty("vocab_size", c.vocab());
        json.addProperty("max_position_embeddings", c.contextLength());
        json.addProperty("rms_norm_eps", c.normEps());
        json.addProperty("rope_theta", rope.theta());
        if (rope.scaling().kind() != RopeScaling.Kind.DEFAULT) {
            json.add("rope_scaling", scaling(rope.scaling()));
        }
        json.addProperty("tie_word_embeddings", c.tiedHead());
        json.addProperty("attention_bias", c.attentionBias());
        json.addProperty("torch_dtype", type == TensorType.BF16 ? "bfloat16" : "float32");
        ids(json, checkpoint.generationDefaults());
        return json;
    }

    private static JsonObject scaling(RopeScaling s) {
        JsonObject json = new JsonObject();
        json.addProperty("rope_type", s.kind().name().toLowerCase(Locale.ROOT));
        json.addProperty("factor", s.factor());
        if (s.kind() == RopeScaling.Kind.LLAMA3) {
            json.addProperty("low_freq_factor", s.lowFreqFactor());
            json.addProperty("high_freq_factor", s.highFreqFactor());
            json.addProperty("original_max_position_embeddings", s.originalContext());
        }
        return json;
    }

    private static JsonObject generation(GenerationDefaults d) {
        JsonObject json = new JsonObject();
        ids(json, d);
        d.temperature().ifPresent(t -> json.addProperty("temperature", t));
        d.topK().ifPresent(k -> json.addProperty("top_k", k));
        d.topP().ifPresent(p -> json.addProperty("top_p", p));
        return json;
    }

    private static void ids(JsonObject json, GenerationDefaults d) {
        d.bos().ifPresent(id -> json.addProperty("bos_token_id", id));
        if (!d.eos().isEmpty()) {
            JsonArray eos = new JsonArray();
            d.eos().forEach(eos::add);
            json.add("eos_token_id", eos);
        }
        d.pad().ifPresent(id -> json.addProperty("pad_token_id", id));
    }

    private static void text(Path file, String text) {
        Path target = file.toAbsolutePath();
        Path part = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            Files.createDirectories(target.getParent());
            Files.write(part, text.getBytes(StandardCharsets.UTF_8));
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BadInputException(
                    file + " cannot be written (" + e.getMessage()
                            + "); check the folder, its permissions and the free space.",
                    e);
        }
    }
}

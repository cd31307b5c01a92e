package dev.engram.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.engram.model.source.StoredTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a complete small llama in Hugging Face layout, with random weights, a tokenizer of single bytes and a chat template:
 * what a command needs to run from end to end. Ids 0 to 255 are bytes, then come the four special tokens.
 */
public final class TinyModel {
    /** Positions the model is made for, unless a test asks for others. */
    public static final int CONTEXT = 256;

    /** Id of the token that ends a turn. */
    public static final int END_OF_TURN = 257;

    private static final String[] SPECIAL = {"<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|pad|>"};

    private static final String TEMPLATE = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n'"
            + " + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private TinyModel() {}

    /** A folder with all files. */
    public static Path write(Path folder) throws IOException {
        return write(folder, CONTEXT, END_OF_TURN);
    }

    /** The same with another context length and end-of-text id. */
    public static Path write(Path folder, int context, int eos) throws IOException {
        Files.createDirectories(folder);
        LmConfig config = new LmConfig(
                LmConfig.Family.LLAMA,
                2,
                32,
                2,
                1,
                16,
                64,
                256 + SPECIAL.length,
                context,
                1e-5,
                Positions.rope(10000),
                true,
                false,
                false);
        Files.writeString(folder.resolve("config.json"), config(config, eos).toString());
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer().toString());
        Files.writeString(folder.resolve("chat_template.jinja"), TEMPLATE);
        Files.write(folder.resolve("model.safetensors"), safetensors(new RandomCheckpoint(config, 7, 0.4)));
        return folder;
    }

    private static JsonObject config(LmConfig c, int eos) {
        JsonObject json = new JsonObject();
        json.addProperty("model_type", "llama");
        json.addProperty("num_hidden_layers", c.layers());
        json.addProperty("hidden_size", c.hidden());
        json.addProperty("num_attention_heads", c.heads());
        json.addProperty("num_key_value_heads", c.kvHeads());
        json.addProperty("intermediate_size", c.intermediate());
        json.addProperty("vocab_size", c.vocab());
        json.addProperty("max_position_embeddings", c.contextLength());
        json.addProperty("rms_norm_eps", c.normEps());
        json.addProperty("rope_theta", 10000.0);
        json.addProperty("tie_word_embeddings", true);
        json.addProperty("eos_token_id", eos);
        return json;
    }

    private static JsonObject tokenizer() {
        JsonObject vocabulary = new JsonObject();
        int shifted = 256;
        for (int b = 0; b < 256; b++) {
            // Bytes that are no visible character are written as characters from 256 on, in order.
            boolean visible = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            vocabulary.addProperty(String.valueOf((char) (visible ? b : shifted++)), b);
        }
        JsonObject bpe = new JsonObject();
        bpe.addProperty("type", "BPE");
        bpe.add("vocab", vocabulary);
        bpe.add("merges", new JsonArray());
        JsonArray added = new JsonArray();
        for (int i = 0; i < SPECIAL.length; i++) {
            JsonObject token = new JsonObject();
            token.addProperty("id", 256 + i);
            token.addProperty("content", SPECIAL[i]);
            for (String flag : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
                token.addProperty(flag, false);
            }
            token.addProperty("special", true);
            added.add(token);
        }
        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("added_tokens", added);
        json.add("pre_tokenizer", byteLevel());
        json.add("decoder", byteLevel());
        json.add("model", bpe);
        return json;
    }

    private static JsonObject byteLevel() {
        JsonObject json = new JsonObject();
        json.addProperty("type", "ByteLevel");
        json.addProperty("add_prefix_space", false);
        json.addProperty("trim_offsets", true);
        json.addProperty("use_regex", true);
        return json;
    }

    private static byte[] safetensors(RandomCheckpoint checkpoint) throws IOException {
        JsonObject header = new JsonObject();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (String name : checkpoint.names()) {
            StoredTensor tensor = checkpoint.tensor(name);
            JsonArray shape = new JsonArray();
            for (long d : tensor.shape()) {
                shape.add(d);
            }
            JsonArray offsets = new JsonArray();
            offsets.add(data.size());
            byte[] bytes = new byte[tensor.data().remaining()];
            tensor.data().duplicate().get(bytes);
            data.write(bytes);
            offsets.add(data.size());
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", "F32");
            entry.add("shape", shape);
            entry.add("data_offsets", offsets);
            header.add(name, entry);
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .put(data.toByteArray())
                .array();
    }
}

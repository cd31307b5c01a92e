package dev.engram.model.source;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.engram.model.LmConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Writes tiny models in Hugging Face layout, right ones and wrong ones. */
final class TinyHf {
    /** A one-layer llama; tests replace fields of it. */
    static final String CONFIG = """
            {"model_type": "llama", "num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 2,
             "num_key_value_heads": 1, "intermediate_size": 12, "vocab_size": 10, "max_position_embeddings": 32,
             "rms_norm_eps": 1e-5, "rope_theta": 5000.0, "tie_word_embeddings": true, "bos_token_id": 1,
             "eos_token_id": [2, 3], "pad_token_id": null}""";

    private TinyHf() {}

    static JsonObject config() {
        return JsonParser.parseString(CONFIG).getAsJsonObject();
    }

    /** config.json, tokenizer.json and one model.safetensors with F32 numbers. */
    static Path write(Path folder, JsonObject config) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), config.toString());
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        LmConfig c = HfConfig.read(folder.resolve("config.json"));
        Files.write(folder.resolve("model.safetensors"), safetensors(ExpectedTensors.of(c), "F32", 4));
        return folder;
    }

    static Path write(Path folder) throws IOException {
        return write(folder, config());
    }

    /** A file with these tensors filled with random bytes of small numbers. */
    static byte[] safetensors(Map<String, long[]> shapes, String dtype, int width) {
        JsonObject header = new JsonObject();
        long at = 0;
        for (Map.Entry<String, long[]> e : shapes.entrySet()) {
            long n = width;
            JsonArray shape = new JsonArray();
            for (long d : e.getValue()) {
                n *= d;
                shape.add(d);
            }
            JsonArray offsets = new JsonArray();
            offsets.add(at);
            offsets.add(at + n);
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", dtype);
            entry.add("shape", shape);
            entry.add("data_offsets", offsets);
            header.add(e.getKey(), entry);
            at += n;
        }
        Random random = new Random(3);
        ByteBuffer data = ByteBuffer.allocate((int) at).order(ByteOrder.LITTLE_ENDIAN);
        while (data.remaining() >= 4) {
            data.putFloat((float) random.nextGaussian());
        }
        return file(header.toString(), data.array());
    }

    /** A safetensors file of a header text and data. */
    static byte[] file(String header, byte[] data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + text.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .put(data)
                .array();
    }

    static Map<String, long[]> shapes(Object... namesAndShapes) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (int i = 0; i < namesAndShapes.length; i += 2) {
            shapes.put((String) namesAndShapes[i], (long[]) namesAndShapes[i + 1]);
        }
        return shapes;
    }
}

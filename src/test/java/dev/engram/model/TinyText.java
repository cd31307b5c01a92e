package dev.engram.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.engram.model.engine.WeightFormat;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import dev.engram.model.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tokenizer of single bytes and a few words, and a random model that speaks it. */
final class TinyText {
    /** Pieces longer than a byte; each is made by merging the first byte's piece with the rest from left to right. */
    private static final List<String> MERGES =
            List.of("t h", "th e", "Ġ a", "s t", "st o", "sto p", "e n", "en d", "Ã ©");

    static final String END = "<|end|>";
    static final int CONTEXT = 96;

    private TinyText() {}

    /** Printable ASCII, line end, and the bytes of é and of an emoji, in the symbols of byte-level BPE. */
    private static List<String> pieces() {
        List<String> pieces = new ArrayList<>();
        for (char c = '!'; c <= '~'; c++) {
            pieces.add("" + c);
        }
        pieces.add("Ġ");
        pieces.add("Ċ");
        // bytes F0 9F 98 80 and C3 A9
        pieces.addAll(List.of("ð", "Ł", "ĺ", "Ģ", "Ã", "©"));
        MERGES.forEach(m -> pieces.add(m.replace(" ", "")));
        return pieces;
    }

    static String tokenizerJson() {
        JsonObject vocab = new JsonObject();
        for (String piece : pieces()) {
            vocab.addProperty(piece, vocab.size());
        }
        JsonArray merges = new JsonArray();
        MERGES.forEach(merges::add);
        JsonObject model = new JsonObject();
        model.addProperty("type", "BPE");
        model.add("vocab", vocab);
        model.add("merges", merges);
        JsonObject end = new JsonObject();
        end.addProperty("id", vocab.size());
        end.addProperty("content", END);
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
            end.addProperty(flag, false);
        }
        end.addProperty("special", true);
        JsonArray added = new JsonArray();
        added.add(end);
        JsonObject root = new JsonObject();
        root.addProperty("version", "1.0");
        root.add("added_tokens", added);
        root.add("pre_tokenizer", byteLevel());
        root.add("decoder", byteLevel());
        root.add("model", model);
        return root.toString();
    }

    private static JsonObject byteLevel() {
        JsonObject object = new JsonObject();
        object.addProperty("type", "ByteLevel");
        object.addProperty("add_prefix_space", false);
        object.addProperty("trim_offsets", true);
        object.addProperty("use_regex", true);
        return object;
    }

    static Tokenizer tokenizer() {
        return new Tokenizer(tokenizerJson());
    }

    static LmConfig config() {
        return new LmConfig(
                LmConfig.Family.LLAMA,
                2,
                32,
                4,
                2,
                8,
                48,
                pieces().size() + 1,
                CONTEXT,
                1e-5,
                Positions.rope(10000),
                true,
                false,
                false);
    }

    static RandomCheckpoint checkpoint() {
        return new RandomCheckpoint(config(), 3, 0.25);
    }

    static Decoder decoder() {
        WeightFormat f32 = Golden.F32;
        return Golden.decoder(checkpoint(), f32);
    }

    /** The model as files, in Hugging Face layout. */
    static Path write(Path folder, RandomCheckpoint checkpoint) {
        LmConfig c = checkpoint.config();
        JsonObject config = new JsonObject();
        config.addProperty("model_type", "llama");
        config.addProperty("num_hidden_layers", c.layers());
        config.addProperty("hidden_size", c.hidden());
        config.addProperty("num_attention_heads", c.heads());
        config.addProperty("num_key_value_heads", c.kvHeads());
        config.addProperty("head_dim", c.headDim());
        config.addProperty("intermediate_size", c.intermediate());
        config.addProperty("vocab_size", c.vocab());
        config.addProperty("max_position_embeddings", c.contextLength());
        config.addProperty("rms_norm_eps", c.normEps());
        config.addProperty("rope_theta", 10000.0);
        config.addProperty("tie_word_embeddings", c.tiedHead());
        config.addProperty("eos_token_id", pieces().size());
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        for (String name : checkpoint.names()) {
            writer.add(name, TensorType.F32, checkpoint.tensor(name).shape(), Tiny.values(checkpoint, name));
        }
        writer.write(folder.resolve("model.safetensors"));
        try {
            Files.writeString(folder.resolve("config.json"), config.toString());
            Files.writeString(folder.resolve("tokenizer.json"), tokenizerJson());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}

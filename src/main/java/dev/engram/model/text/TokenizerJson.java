package dev.engram.model.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.engram.model.BadInputException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Reads and edits the text of a {@code tokenizer.json}: what the encoder's own interface does not tell. */
final class TokenizerJson {
    private final JsonObject root;

    TokenizerJson(String text) {
        try {
            root = JsonParser.parseString(text).getAsJsonObject();
            root.getAsJsonObject("model").get("vocab").isJsonArray();
        } catch (JsonParseException | IllegalStateException | NullPointerException | ClassCastException e) {
            throw new BadInputException(
                    "The tokenizer.json text is not a JSON object with a model and its vocabulary (it begins '"
                            + text.substring(0, Math.min(40, text.length())).strip()
                            + "'); fetch the file again.",
                    e);
        }
    }

    /** Every token of the vocabulary proper, by id; added tokens are not in it unless they are in both. */
    Map<Integer, String> vocabulary() {
        Map<Integer, String> tokens = new TreeMap<>();
        JsonElement vocab = root.getAsJsonObject("model").get("vocab");
        if (vocab.isJsonArray()) { // Unigram: [token, score] in id order
            for (JsonElement entry : vocab.getAsJsonArray()) {
                tokens.put(tokens.size(), entry.getAsJsonArray().get(0).getAsString());
            }
        } else {
            vocab.getAsJsonObject()
                    .entrySet()
                    .forEach(e -> tokens.put(e.getValue().getAsInt(), e.getKey()));
        }
        return tokens;
    }

    /** The added tokens by the id the file asks for. */
    Map<Integer, String> addedTokens() {
        Map<Integer, String> tokens = new TreeMap<>();
        for (JsonElement entry : added()) {
            JsonObject token = entry.getAsJsonObject();
            tokens.put(token.get("id").getAsInt(), token.get("content").getAsString());
        }
        return tokens;
    }

    /** The texts of the added tokens that are marked special. */
    Set<String> specialTokens() {
        Set<String> special = new TreeSet<>();
        for (JsonElement entry : added()) {
            JsonObject token = entry.getAsJsonObject();
            if (token.get("special").getAsBoolean()) {
                special.add(token.get("content").getAsString());
            }
        }
        return special;
    }

    /** Whether pieces are written in the symbols of byte-level BPE. */
    boolean byteLevel() {
        JsonElement decoder = root.get("decoder");
        return decoder != null && decoder.toString().contains("\"ByteLevel\"");
    }

    /** The text with special tokens appended after the largest id; tokens that are there already are left alone. */
    String withSpecialTokens(List<String> tokens) {
        JsonObject copy = root.deepCopy();
        JsonArray added = added().deepCopy();
        Map<Integer, String> present = vocabulary();
        present.putAll(addedTokens());
        int next = present.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
        for (String token : tokens) {
            if (!addedTokens().containsValue(token)) {
                added.add(addedToken(next++, token, true));
            }
        }
        copy.add("added_tokens", added);
        return copy.toString();
    }

    static JsonObject addedToken(int id, String content, boolean special) {
        JsonObject token = new JsonObject();
        token.addProperty("id", id);
        token.addProperty("content", content);
        token.addProperty("single_word", false);
        token.addProperty("lstrip", false);
        token.addProperty("rstrip", false);
        token.addProperty("normalized", false);
        token.addProperty("special", special);
        return token;
    }

    private JsonArray added() {
        JsonElement added = root.get("added_tokens");
        return added != null && added.isJsonArray() ? added.getAsJsonArray() : new JsonArray();
    }
}

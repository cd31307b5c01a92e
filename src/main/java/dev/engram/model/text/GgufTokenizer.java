package dev.engram.model.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns the tokenizer that a GGUF file describes in its metadata into the text of a Hugging Face {@code tokenizer.json}.
 *
 * <p>Byte-level BPE only ({@code tokenizer.ggml.model} = {@code gpt2}); the split of the text before BPE follows
 * {@code tokenizer.ggml.pre} (see {@link PreTokenizer}). Ids are the positions in the file's token list. Control tokens
 * (type 3), user-defined tokens (type 4) and the unknown token (type 2) become added tokens; only control and unknown
 * ones are special, that is, left out when decoding with {@code skipSpecial}.
 *
 * <p>The result encodes as llama.cpp does on the same file, with one exception: for {@code qwen2} the text is first
 * brought into Unicode's composed form (NFC), because the published Qwen tokenizers, and so the models, do so.
 */
public final class GgufTokenizer {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;

    private GgufTokenizer() {}

    /**
     * Builds the tokenizer.json text.
     *
     * @param metadata the file's key-value pairs under their GGUF names; lists may be arrays or {@link List}s
     * @return the JSON text, ready for {@link Tokenizer#Tokenizer(String)}
     * @throws BadInputException if a key is missing or has a value that cannot be used
     */
    public static String toTokenizerJson(Map<String, Object> metadata) {
        Metadata values = new Metadata(metadata, PREFIX);
        String kind = values.text("model");
        if (!kind.equals("gpt2")) {
            throw new BadInputException(
                    "The GGUF metadata has " + PREFIX + "model = '" + kind
                            + "', but only byte-level BPE ('gpt2') can be converted; use a model folder with a tokenizer.json.");
        }
        String pre = values.textOr("pre", "default");
        PreTokenizer split = PreTokenizer.named(pre);
        List<String> tokens = values.texts("tokens");
        Map<String, Integer> ids = idsOf(tokens);

        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("truncation", null);
        json.add("padding", null);
        json.add("added_tokens", addedTokens(tokens, values.integersOr("token_type", tokens.size())));
        json.add("normalizer", split.normalizer());
        json.add("pre_tokenizer", split.preTokenizer(ids.keySet()));
        json.add("post_processor", postProcessor(values, tokens, split));
        json.add("decoder", PreTokenizer.byteLevel(false));
        json.add("model", bpe(ids, values.texts("merges"), split.ignoreMerges()));
        return json.toString();
    }

    private static Map<String, Integer> idsOf(List<String> tokens) {
        Map<String, Integer> ids = new HashMap<>(tokens.size() * 2);
        for (int id = 0; id < tokens.size(); id++) {
            Integer earlier = ids.put(tokens.get(id), id);
            if (earlier != null) {
                throw new BadInputException("The GGUF metadata lists the token '" + tokens.get(id) + "' twice, as "
                        + earlier + " and " + id + "; the file is damaged, fetch it again.");
            }
        }
        return ids;
    }

    private static JsonArray addedTokens(List<String> tokens, int[] types) {
        JsonArray added = new JsonArray();
        for (int id = 0; id < types.length; id++) {
            int type = types[id];
            boolean special = type == CONTROL || type == UNKNOWN;
            if ((special || type == USER_DEFINED) && !tokens.get(id).isEmpty()) {
                added.add(TokenizerJson.addedToken(id, tokens.get(id), special));
            }
        }
        return added;
    }

    /** Puts the begin and end tokens around a text where the file asks for them; null when it does not. */
    private static JsonObject postProcessor(Metadata values, List<String> tokens, PreTokenizer split) {
        boolean addBos = values.flagOr("add_bos_token", split.addsBos());
        boolean addEos = values.flagOr("add_eos_token", false);
        if (!addBos && !addEos) {
            return null;
        }
        JsonArray single = new JsonArray();
        JsonArray pair = new JsonArray();
        JsonObject specials = new JsonObject();
        List<String> sequences = List.of("A", "B");
        for (String sequence : sequences) {
            int type = sequences.indexOf(sequence);
            List<JsonObject> pieces = new ArrayList<>();
            if (addBos) {
                pieces.add(special(values, "bos_token_id", tokens, type, specials));
            }
            pieces.add(piece("Sequence", sequence, type));
            if (addEos) {
                pieces.add(special(values, "eos_token_id", tokens, type, specials));
            }
            pieces.forEach(pair::add);
            if (type == 0) {
                pieces.forEach(single::add);
            }
        }
        JsonObject template = new JsonObject();
        template.addProperty("type", "TemplateProcessing");
        template.add("single", single);
        template.add("pair", pair);
        template.add("special_tokens", specials);
        return template;
    }

    private static JsonObject special(Metadata values, String key, List<String> tokens, int type, JsonObject specials) {
        int id = values.idBelow(key, tokens.size());
        String token = tokens.get(id);
        JsonObject entry = new JsonObject();
        entry.addProperty("id", token);
        JsonArray ids = new JsonArray();
        ids.add(id);
        entry.add("ids", ids);
        JsonArray texts = new JsonArray();
        texts.add(token);
        entry.add("tokens", texts);
        specials.add(token, entry);
        return piece("SpecialToken", token, type);
    }

    private static JsonObject piece(String kind, String id, int type) {
        JsonObject inner = new JsonObject();
        inner.addProperty("id", id);
        inner.addProperty("type_id", type);
        JsonObject outer = new JsonObject();
        outer.add(kind, inner);
        return outer;
    }

    private static JsonObject bpe(Map<String, Integer> ids, List<String> merges, boolean ignoreMerges) {
        JsonObject vocab = new JsonObject();
        ids.forEach(vocab::addProperty);
        JsonArray pairs = new JsonArray(merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            String merge = merges.get(rank);
            int space = merge.indexOf(' ', 1);
            if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                throw new BadInputException("Merge " + rank + " of the GGUF metadata is '" + merge
                        + "', not two pieces with one space between; the file is damaged, fetch it again.");
            }
            String left = merge.substring(0, space);
            String right = merge.substring(space + 1);
            for (String piece : List.of(left, right, left + right)) {
                if (!ids.containsKey(piece)) {
                    throw new BadInputException("Merge " + rank + " of the GGUF metadata, '" + merge + "', needs '"
                            + piece + "', which is not a token; the file is damaged, fetch it again.");
                }
            }
            pairs.add(merge);
        }
        JsonObject model = new JsonObject();
        model.addProperty("type", "BPE");
        model.add("dropout", null);
        model.add("unk_token", null);
        model.add("continuing_subword_prefix", null);
        model.add("end_of_word_suffix", null);
        model.addProperty("fuse_unk", false);
        model.addProperty("byte_fallback", false);
        model.addProperty("ignore_merges", ignoreMerges);
        model.add("vocab", vocab);
        model.add("merges", pairs);
        return model;
    }
}

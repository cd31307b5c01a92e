package dev.engram.model.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.engram.model.BadInputException;
import java.util.Set;

/**
 * How a family of models cuts a text into words before byte-pair encoding, written in the terms of tokenizer.json.
 * Names are those of {@code tokenizer.ggml.pre}; patterns are those of the families' published tokenizers.
 */
enum PreTokenizer {
    /** GPT-2's pattern. */
    GPT2(null, false),
    /** Every digit on its own, then GPT-2's pattern. */
    SMOLLM(null, false),
    /** Letters with one leading sign, single digits, line ends kept together. */
    QWEN2("\\p{N}", false),
    /** As Qwen2 with up to three digits; a whole word that is a token is taken without merging. */
    LLAMA3("\\p{N}{1,3}", true);

    private final String digits;
    private final boolean llama;

    PreTokenizer(String digits, boolean llama) {
        this.digits = digits;
        this.llama = llama;
    }

    static PreTokenizer named(String pre) {
        return switch (pre) {
            case "default", "gpt-2" -> GPT2;
            case "smollm" -> SMOLLM;
            case "qwen2" -> QWEN2;
            case "llama-bpe", "llama3", "llama-v3" -> LLAMA3;
            default ->
                throw new BadInputException("The GGUF metadata has tokenizer.ggml.pre = '" + pre
                        + "', which is not one of default, gpt-2, smollm, qwen2, llama-bpe; use a model folder with a"
                        + " tokenizer.json.");
        };
    }

    boolean ignoreMerges() {
        return llama;
    }

    /** Whether a begin token is put before a text when the file does not say. */
    boolean addsBos() {
        return llama;
    }

    JsonElement normalizer() {
        if (this != QWEN2) {
            return JsonNull.INSTANCE;
        }
        JsonObject nfc = new JsonObject();
        nfc.addProperty("type", "NFC");
        return nfc;
    }

    /** The steps in order; {@code vocabulary} tells which byte symbols exist. */
    JsonObject preTokenizer(Set<String> vocabulary) {
        JsonArray steps = new JsonArray();
        if (this == SMOLLM) {
            JsonObject single = new JsonObject();
            single.addProperty("type", "Digits");
            single.addProperty("individual_digits", true);
            steps.add(single);
        }
        if (digits != null) {
            steps.add(split(
                    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
                            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                    "Isolated"));
        }
        steps.add(byteLevel(digits == null));
        String missing = missingSymbols(vocabulary);
        if (!missing.isEmpty()) {
            // A byte without a token yields no id. The library would drop it and then merge its neighbours across the
            // gap; a cut at the gap keeps them apart, as llama.cpp does.
            steps.add(split("[" + missing + "]", "Removed"));
        }
        JsonObject sequence = new JsonObject();
        sequence.addProperty("type", "Sequence");
        sequence.add("pretokenizers", steps);
        return sequence;
    }

    static JsonObject byteLevel(boolean usePattern) {
        JsonObject step = new JsonObject();
        step.addProperty("type", "ByteLevel");
        step.addProperty("add_prefix_space", false);
        step.addProperty("trim_offsets", true);
        step.addProperty("use_regex", usePattern);
        return step;
    }

    private static JsonObject split(String pattern, String behavior) {
        JsonObject regex = new JsonObject();
        regex.addProperty("Regex", pattern);
        JsonObject step = new JsonObject();
        step.addProperty("type", "Split");
        step.add("pattern", regex);
        step.addProperty("behavior", behavior);
        step.addProperty("invert", false);
        return step;
    }

    private static String missingSymbols(Set<String> vocabulary) {
        StringBuilder missing = new StringBuilder();
        for (int value = 0; value < 256; value++) {
            char symbol = ByteSymbols.symbol(value);
            if (!vocabulary.contains(String.valueOf(symbol))) {
                if (symbol < 128 && !Character.isLetterOrDigit(symbol)) {
                    missing.append('\\');
                }
                missing.append(symbol);
            }
        }
        return missing.toString();
    }
}

package dev.engram.model.text;

import dev.engram.model.BadInputException;
import java.util.Map;

/** Makes a tokenizer.json from the metadata of a GGUF file. This version holds the place of the real one and refuses. */
public final class GgufTokenizer {
    private GgufTokenizer() {}

    /**
     * Text of a tokenizer.json.
     *
     * @param metadata of the file; whole numbers are Long, floats Double, arrays List
     */
    public static String toTokenizerJson(Map<String, Object> metadata) {
        throw new BadInputException("A tokenizer of GGUF kind " + metadata.get("tokenizer.ggml.model")
                + " cannot be converted by this build; use a folder with a tokenizer.json.");
    }
}

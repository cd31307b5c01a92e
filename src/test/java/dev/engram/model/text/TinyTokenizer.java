package dev.engram.model.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** GGUF metadata of a byte-level vocabulary that is small enough to reason about. */
final class TinyTokenizer {
    private TinyTokenizer() {}

    /**
     * Ids: 0 {@code <|end|>} (control), 1 {@code <note>} (user-defined), then the 256 bytes in byte order from 2, then
     * the results of the merges.
     */
    static Map<String, Object> metadata(String pre, String... merges) {
        List<String> tokens = new ArrayList<>(List.of("<|end|>", "<note>"));
        for (int value = 0; value < 256; value++) {
            tokens.add(String.valueOf(ByteSymbols.symbol(value)));
        }
        for (String merge : merges) {
            tokens.add(merge.replace(" ", ""));
        }
        int[] types = new int[tokens.size()];
        java.util.Arrays.fill(types, 1);
        types[0] = 3;
        types[1] = 4;
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("tokenizer.ggml.model", "gpt2");
        metadata.put("tokenizer.ggml.pre", pre);
        metadata.put("tokenizer.ggml.tokens", tokens.toArray(new String[0]));
        metadata.put("tokenizer.ggml.merges", merges);
        metadata.put("tokenizer.ggml.token_type", types);
        metadata.put("tokenizer.ggml.bos_token_id", 0);
        metadata.put("tokenizer.ggml.eos_token_id", 0L);
        metadata.put("tokenizer.ggml.add_bos_token", false);
        return metadata;
    }

    static Tokenizer open(String pre, String... merges) {
        return new Tokenizer(GgufTokenizer.toTokenizerJson(metadata(pre, merges)));
    }
}

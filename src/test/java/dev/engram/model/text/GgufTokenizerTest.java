package dev.engram.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GgufTokenizerTest {
    private static List<String> pieces(Tokenizer tokenizer, String text) {
        return Arrays.stream(tokenizer.encode(text))
                .mapToObj(tokenizer::tokenOf)
                .toList();
    }

    @Test
    void arraysAndListsGiveTheSame() {
        Map<String, Object> arrays = TinyTokenizer.metadata("smollm", "h e", "he y");
        Map<String, Object> lists = TinyTokenizer.metadata("smollm", "h e", "he y");
        lists.put("tokenizer.ggml.tokens", List.of((String[]) arrays.get("tokenizer.ggml.tokens")));
        lists.put("tokenizer.ggml.merges", List.of("h e", "he y"));
        List<Object> types = new ArrayList<>();
        for (int type : (int[]) arrays.get("tokenizer.ggml.token_type")) {
            types.add((long) type);
        }
        lists.put("tokenizer.ggml.token_type", types);
        assertEquals(GgufTokenizer.toTokenizerJson(arrays), GgufTokenizer.toTokenizerJson(lists));
    }

    @Test
    void familiesSplitNumbersTheirWay() {
        String[] merges = {"1 2", "12 3", "123 4", "Ġ 1"};
        assertEquals(
                List.of("Ġ1", "2", "3", "4"),
                pieces(TinyTokenizer.open("gpt-2", "Ġ 1"), " 1234"),
                "space joins the number");
        assertEquals(List.of("1234", "5"), pieces(TinyTokenizer.open("gpt-2", merges), "12345"));
        assertEquals(List.of("1", "2", "3", "4", "5"), pieces(TinyTokenizer.open("smollm", merges), "12345"));
        assertEquals(List.of("Ġ", "1", "2"), pieces(TinyTokenizer.open("smollm", merges), " 12"));
        assertEquals(List.of("1", "2", "3", "4", "5"), pieces(TinyTokenizer.open("qwen2", merges), "12345"));
        assertEquals(List.of("123", "4", "5"), pieces(TinyTokenizer.open("llama-bpe", merges), "12345"));
    }

    @Test
    void qwenComposesCharacters() {
        try (Tokenizer qwen = TinyTokenizer.open("qwen2");
                Tokenizer smol = TinyTokenizer.open("smollm")) {
            assertEquals("é", qwen.decode(qwen.encode("e\u0301")));
            assertEquals("e\u0301", smol.decode(smol.encode("e\u0301")));
        }
    }

    @Test
    void llamaTakesAWholeWordThatIsATokenWithoutMerging() {
        // "abc" is a token that the merges never reach: "a b" comes first, and there is no "ab c".
        String[] merges = {"a b", "b c", "a bc"};
        assertEquals(List.of("ab", "c"), pieces(TinyTokenizer.open("gpt-2", merges), "abc"));
        assertEquals(List.of("abc"), pieces(TinyTokenizer.open("llama-bpe", merges), "abc"));
    }

    @Test
    void aByteWithoutTokenVanishesAndKeepsItsNeighboursApart() {
        Map<String, Object> metadata = TinyTokenizer.metadata("smollm", "! !");
        String[] tokens = (String[]) metadata.get("tokenizer.ggml.tokens");
        tokens[2 + 4] = "[gone]";
        try (Tokenizer tokenizer = new Tokenizer(GgufTokenizer.toTokenizerJson(metadata))) {
            assertEquals(List.of("!!"), pieces(tokenizer, "!!"));
            assertEquals(List.of("!", "!"), pieces(tokenizer, "!\u0004!"));
            assertEquals(List.of(), pieces(tokenizer, "\u0004"));
        }
    }

    @Test
    void controlTokensAreSpecialAndUserDefinedOnesAreNot() {
        try (Tokenizer tokenizer = TinyTokenizer.open("smollm")) {
            int[] ids = tokenizer.encode("a<note>b<|end|>");
            assertArrayEquals(new int[] {2 + 'a', 1, 2 + 'b', 0}, ids);
            assertEquals("a<note>b<|end|>", tokenizer.decode(ids));
            assertEquals("a<note>b", tokenizer.decode(ids, true));
            assertTrue(tokenizer.isSpecial(0));
        }
    }

    @Test
    void beginAndEndTokensAreAddedOnlyOnRequestAndWhereTheFileAsks() {
        Map<String, Object> metadata = TinyTokenizer.metadata("llama-bpe");
        metadata.remove("tokenizer.ggml.add_bos_token");
        metadata.put("tokenizer.ggml.add_eos_token", true);
        metadata.put("tokenizer.ggml.eos_token_id", 1);
        try (Tokenizer tokenizer = new Tokenizer(GgufTokenizer.toTokenizerJson(metadata));
                Tokenizer plain = TinyTokenizer.open("smollm")) {
            assertArrayEquals(new int[] {0, 2 + 'a', 1}, tokenizer.encode("a", true));
            assertArrayEquals(new int[] {2 + 'a'}, tokenizer.encode("a"));
            assertArrayEquals(new int[] {2 + 'a'}, plain.encode("a", true));
        }
    }

    @Test
    void eachFaultIsNamed() {
        refused("tokenizer.ggml.model", "llama", "tokenizer.ggml.model = 'llama'");
        refused("tokenizer.ggml.model", 3, "'3' in tokenizer.ggml.model");
        refused("tokenizer.ggml.pre", "tekken", "tokenizer.ggml.pre = 'tekken'");
        refused("tokenizer.ggml.tokens", null, "no tokenizer.ggml.tokens");
        refused("tokenizer.ggml.tokens", "abc", "'abc' in tokenizer.ggml.tokens");
        refused("tokenizer.ggml.tokens", List.of("a", "a"), "'a' twice");
        refused("tokenizer.ggml.merges", null, "no tokenizer.ggml.merges");
        refused("tokenizer.ggml.merges", List.of("ab"), "Merge 0");
        refused("tokenizer.ggml.merges", List.of("a b c"), "Merge 0");
        refused("tokenizer.ggml.merges", List.of("a b"), "'ab', which is not a token");
        refused("tokenizer.ggml.token_type", List.of(1), "1 values in tokenizer.ggml.token_type");
        Map<String, Object> outside = TinyTokenizer.metadata("smollm");
        outside.put("tokenizer.ggml.add_bos_token", true);
        outside.put("tokenizer.ggml.bos_token_id", 258);
        assertThrows(BadInputException.class, () -> GgufTokenizer.toTokenizerJson(outside));
    }

    private static void refused(String key, Object value, String part) {
        Map<String, Object> metadata = TinyTokenizer.metadata("smollm");
        metadata.put(key, value);
        if (key.endsWith("tokens")) {
            metadata.remove("tokenizer.ggml.token_type");
        }
        String message = assertThrows(BadInputException.class, () -> GgufTokenizer.toTokenizerJson(metadata))
                .getMessage();
        assertTrue(message.contains(part), message);
    }
}

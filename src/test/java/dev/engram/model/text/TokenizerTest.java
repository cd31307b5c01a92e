package dev.engram.model.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenizerTest {
    @Test
    void longTextsAreNotTruncated() {
        try (Tokenizer tokenizer = TinyTokenizer.open("smollm")) {
            assertEquals(200_000, tokenizer.encode("x ".repeat(100_000)).length);
        }
    }

    @Test
    void everyTextComesBack() {
        try (Tokenizer tokenizer = TinyTokenizer.open("smollm", "Ġ a", "l l")) {
            for (String text :
                    List.of("", " ", "all  a\r\n\t", "\u0000\u0001", "é好😀\uFFFD", "\uD83D\uDC68\u200D\uD83D\uDC69")) {
                assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
            }
            assertEquals(
                    "a\uFFFDb\uFFFD", tokenizer.decode(tokenizer.encode("a\uD83Db\uDC00")), "half surrogate pairs");
        }
    }

    @Test
    void tokensAndIdsAreNamed() {
        try (Tokenizer tokenizer = TinyTokenizer.open("smollm", "Ġ a")) {
            assertEquals(2 + 256 + 1, tokenizer.vocabSize());
            assertEquals(Optional.of(258), tokenizer.idOf("Ġa"));
            assertEquals(Optional.of(0), tokenizer.idOf("<|end|>"));
            assertEquals(Optional.empty(), tokenizer.idOf("nothing"));
            assertEquals("Ġa", tokenizer.tokenOf(258));
            assertEquals("·a", tokenizer.printable(258));
            assertEquals("⏎", tokenizer.printable(2 + '\n'));
            assertEquals("<F0>", tokenizer.printable(2 + 0xF0));
            assertEquals("<|end|>", tokenizer.printable(0));
            assertThrows(BadInputException.class, () -> tokenizer.tokenOf(259));
            assertThrows(BadInputException.class, () -> tokenizer.decode(new int[] {-1}));
            assertThrows(BadInputException.class, () -> tokenizer.decode(new int[] {259}));
        }
    }

    @Test
    void tokensCanBeAdded() {
        try (Tokenizer plain = TinyTokenizer.open("smollm");
                Tokenizer more = plain.withAddedTokens(List.of("<recall>", "<note>", "<other>"))) {
            int recall = more.idOf("<recall>").orElseThrow();
            assertArrayEquals(new int[] {2 + 'a', recall, 2 + 'b'}, more.encode("a<recall>b"));
            assertEquals("ab", more.decode(new int[] {2 + 'a', recall, 2 + 'b'}, true));
            assertEquals(258, recall);
            assertEquals(Optional.of(259), more.idOf("<other>"));
            assertEquals(Optional.of(1), more.idOf("<note>"), "was there already");
            assertEquals(260, more.vocabSize());
            assertEquals(8, plain.encode("<recall>").length);
            assertThrows(BadInputException.class, () -> plain.withAddedTokens(List.of(" ")));
        }
    }

    @Test
    void manyThreadsMayUseOne() {
        try (Tokenizer tokenizer = TinyTokenizer.open("smollm", "a b", "ab c")) {
            boolean right = IntStream.range(0, 2000).parallel().allMatch(i -> {
                String text = "abc ".repeat(i % 17) + i;
                return tokenizer.decode(tokenizer.encode(text)).equals(text);
            });
            assertTrue(right);
        }
    }

    @Test
    void aBadFileAndAClosedTokenizerSaySo() {
        for (String bad : List.of("", "[]", "{}", "{\"model\":{\"vocab\":{}", "{\"model\":{\"vocab\":{}}}")) {
            String message = assertThrows(BadInputException.class, () -> new Tokenizer(bad))
                    .getMessage();
            assertTrue(message.contains("tokenizer.json"), message);
            assertEquals(1, message.lines().count());
        }
        Tokenizer tokenizer = TinyTokenizer.open("smollm");
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("a"));
        assertThrows(IllegalStateException.class, () -> tokenizer.decode(new int[] {5}));
    }
}

package dev.engram.model.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StreamingDecoderTest {
    private static Tokenizer tokenizer;

    @BeforeAll
    static void open() {
        // Two merges cut characters in the middle: (the end of a letter and a space), (two bytes of an emoji).
        tokenizer = TinyTokenizer.open("gpt-2", "© Ġ", "ð Ł", "l l");
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static String stream(int... ids) {
        StreamingDecoder decoder = tokenizer.streamingDecoder(false);
        StringBuilder out = new StringBuilder();
        for (int id : ids) {
            out.append(decoder.push(id));
        }
        return out.append(decoder.finish()).toString();
    }

    private static int of(int value) {
        return 2 + value;
    }

    @Test
    void aCharacterAppearsWhenItIsWhole() {
        StreamingDecoder decoder = tokenizer.streamingDecoder(false);
        assertEquals("", decoder.push(of(0xF0)));
        assertEquals("", decoder.push(of(0x9F)));
        assertEquals("", decoder.push(of(0x98)));
        assertEquals("😀", decoder.push(of(0x80)));
        assertEquals("a", decoder.push(of('a')));
    }

    @Test
    void anUnfinishedCharacterIsLeftOut() {
        assertEquals("ab", stream(of('a'), of('b'), of(0xF0), of(0x9F), of(0x98)));
        assertEquals("a\uFFFD", stream(tokenizer.encode("a\uFFFD")), "a character of its own");
        assertEquals("a\uFFFD", stream(of('a'), of(0xFF)), "no character can begin so");
    }

    @Test
    void specialTokensAreSkippedOnRequestEvenInsideACharacter() {
        StreamingDecoder decoder = tokenizer.streamingDecoder(true);
        assertEquals("", decoder.push(of(0xC3)) + decoder.push(0));
        assertEquals("é", decoder.push(of(0xA9)));
        assertEquals("a<|end|>b", stream(of('a'), 0, of('b')));
    }

    @Test
    void theSumIsTheWholeTextForRandomTexts() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i >= 0; i--) {
                text.appendCodePoint("aél é😀好\n \uFFFD".codePoints().toArray()[random.nextInt(10)]);
            }
            assertEquals(text.toString(), stream(tokenizer.encode(text.toString())));
        }
    }

    @Test
    void theSumIsTheWholeTextForRandomBytes() {
        Random random = new Random(8);
        for (int round = 0; round < 2000; round++) {
            int[] ids = new int[1 + random.nextInt(30)];
            for (int i = 0; i < ids.length - 1; i++) {
                int[] few = {0xF0, 0x9F, 0x98, 0x80, 0xC3, 0xA9, 0xFF, 0xE2, 0xED, 0xA0, 'a'};
                ids[i] = random.nextInt(9) == 0 ? 258 + random.nextInt(3) : of(few[random.nextInt(few.length)]);
            }
            ids[ids.length - 1] = of('z');
            assertEquals(tokenizer.decode(ids), stream(ids));
        }
    }

    @Test
    void endlessRubbishStillCostsTheSamePerToken() {
        StreamingDecoder decoder = tokenizer.streamingDecoder(false);
        int length = 0;
        for (int i = 0; i < 200_000; i++) {
            length += decoder.push(of(0x80)).length();
        }
        assertEquals(200_000 - 1, length);
        String last = decoder.push(of('a'));
        assertEquals("\uFFFDa", last);
    }
}

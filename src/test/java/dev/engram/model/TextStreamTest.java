package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Text as it comes: whole characters, an end before a stop string, and nothing told that must be taken back. */
class TextStreamTest {
    private static final Tokenizer TOKENIZER = TinyText.tokenizer();

    private static final class Ear implements GenerationListener {
        final List<String> pieces = new ArrayList<>();

        @Override
        public void text(String piece) {
            assertFalse(piece.isEmpty());
            pieces.add(piece);
        }

        String all() {
            return String.join("", pieces);
        }
    }

    /** What a stream tells of these ids, cut at the stop strings. */
    private static String stream(List<String> stop, Ear ear, int... ids) {
        TextStream stream = new TextStream(TOKENIZER, stop, ear);
        for (int id : ids) {
            if (stream.push(id)) {
                break;
            }
        }
        String text = stream.finish();
        assertEquals(text, ear.all());
        return text;
    }

    private static int[] bytes(String text) {
        // one token per character, merges left out
        return text.chars()
                .map(c -> TOKENIZER.idOf(c == ' ' ? "Ġ" : "" + (char) c).orElseThrow())
                .toArray();
    }

    @Test
    void theTokenizerIsWhatTheTestsThink() {
        int[] ids = TOKENIZER.encode("the stop é end" + TinyText.END);
        assertEquals("the stop é end" + TinyText.END, TOKENIZER.decode(ids));
        assertEquals(TinyText.config().vocab(), TOKENIZER.vocabSize());
        assertTrue(ids.length < 12, "merges are used");
    }

    @Test
    void tokensBecomeText() {
        Ear ear = new Ear();
        assertEquals("the stop", stream(List.of(), ear, TOKENIZER.encode("the stop")));
        assertTrue(ear.pieces.size() > 1);
        assertEquals("", stream(List.of(), new Ear()));
        // a special token has no text
        int end = TOKENIZER.idOf(TinyText.END).orElseThrow();
        assertEquals("ab", stream(List.of(), new Ear(), bytes("a")[0], end, bytes("b")[0]));
    }

    @Test
    void aCharacterOfSeveralTokensIsToldWhole() {
        Ear ear = new Ear();
        int[] emoji = "ðŁĺĢ"
                .chars()
                .map(c -> TOKENIZER.idOf("" + (char) c).orElseThrow())
                .toArray();
        int[] ids = {bytes("x")[0], emoji[0], emoji[1], emoji[2], emoji[3], bytes("y")[0]};
        assertEquals("x\uD83D\uDE00y", stream(List.of(), ear, ids));
        assertEquals(List.of("x", "\uD83D\uDE00", "y"), ear.pieces);
        assertEquals("x", stream(List.of(), new Ear(), ids[0], ids[1], ids[2]));
    }

    @Test
    void aStopStringMayCrossTokens() {
        assertEquals("ab ", stream(List.of("stop"), new Ear(), bytes("ab stop cd")));
        assertEquals("ab ", stream(List.of("stop"), new Ear(), TOKENIZER.encode("ab stop cd")));
        assertEquals("a", stream(List.of("b s"), new Ear(), TOKENIZER.encode("ab stop cd")));
        assertEquals("ab", stream(List.of(" sto"), new Ear(), TOKENIZER.encode("ab stop cd")));
        assertEquals("", stream(List.of("ab"), new Ear(), bytes("ab")));
        // a start that comes to nothing is told in the end
        Ear ear = new Ear();
        assertEquals("ab sto", stream(List.of("stop"), ear, bytes("ab sto")));
        assertEquals("ab stab", stream(List.of("stop"), new Ear(), bytes("ab stab")));
        // overlapping starts
        assertEquals("s", stream(List.of("sstop"), new Ear(), bytes("ssstopx")));
        assertEquals("xa", stream(List.of("aab"), new Ear(), bytes("xaaab")));
    }

    @Test
    void theFirstOfSeveralStopStringsEndsTheText() {
        // both appear with the same token; the earlier one counts, whichever is named first
        int[] ids = {bytes("x")[0], TOKENIZER.idOf("stop").orElseThrow()};
        assertEquals("x", stream(List.of("top", "s"), new Ear(), ids));
        assertEquals("x", stream(List.of("s", "top"), new Ear(), ids));
        assertEquals("xs", stream(List.of("p", "top", "op"), new Ear(), ids));
    }

    @Test
    void nothingIsTakenBack() {
        Random random = new Random(8);
        for (int round = 0; round < 300; round++) {
            int[] ids = random.ints(30, 0, TOKENIZER.vocabSize()).toArray();
            // letters from a small set make stop strings likely
            for (int i = 0; i < ids.length; i++) {
                if (random.nextInt(3) > 0) {
                    ids[i] = bytes("abs")[random.nextInt(3)];
                }
            }
            List<String> stop = List.of("ab" + "s".repeat(random.nextInt(2)), "ssb", "baba");
            // the first token after which a stop string stands in the text is the last one
            String expected = "";
            for (int n = 1, cut = -1; n <= ids.length && cut < 0; n++) {
                String text = stream(List.of(), new Ear(), Arrays.copyOf(ids, n));
                cut = stop.stream()
                        .mapToInt(text::indexOf)
                        .filter(at -> at >= 0)
                        .min()
                        .orElse(-1);
                expected = cut < 0 ? text : text.substring(0, cut);
            }
            assertEquals(expected, stream(stop, new Ear(), ids));
        }
    }
}

package dev.engram.model.text;

import java.util.Arrays;

/**
 * Turns ids into text one by one, for printing while a model generates.
 *
 * <p>A character whose bytes are spread over several tokens is held back until it is whole, so no broken character
 * appears where a longer wait gives the right one. The concatenation of all returned texts equals {@link
 * Tokenizer#decode(int[], boolean)} of all ids, except that a character still incomplete at the end is left out instead
 * of being shown broken.
 *
 * <p>Each call decodes at most nine tokens, however long the output is. Not safe for use by several threads at once.
 */
public final class StreamingDecoder {
    private static final char BROKEN = '\uFFFD';
    /** A character has at most 4 bytes, so at most 3 tokens wait for its end; more than that is rubbish. */
    private static final int WAITING = 3;

    private static final int LONGEST_WINDOW = 8;

    private final Tokenizer tokenizer;
    private final boolean skipSpecial;
    private int[] window = new int[0];
    /** How many characters of the window's text have been returned. */
    private int returned;

    StreamingDecoder(Tokenizer tokenizer, boolean skipSpecial) {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
    }

    /** Takes the next id and returns the text that has become certain, often one word, sometimes nothing. */
    public String push(int id) {
        if (skipSpecial && tokenizer.isSpecial(id)) {
            return "";
        }
        window = Arrays.copyOf(window, window.length + 1);
        window[window.length - 1] = id;
        String text = tokenizer.decode(window, skipSpecial);
        int certain = certainLength(text);
        String fresh = certain > returned ? text.substring(returned, certain) : "";
        returned = Math.max(returned, certain);
        shorten(certain == text.length() ? 1 : WAITING + 1, text);
        return fresh;
    }

    /** Ends the text; nothing is returned for a character that never became whole. The decoder can then be used anew. */
    public String finish() {
        window = new int[0];
        returned = 0;
        return "";
    }

    /**
     * Keeps the last tokens as the context of the next one. They are kept rather than dropped because some tokenizers
     * decode the first token of a text differently (they strip its space).
     */
    private void shorten(int keep, String text) {
        boolean clean = keep == 1;
        if (window.length > keep && (clean || window.length > LONGEST_WINDOW)) {
            window = Arrays.copyOfRange(window, window.length - keep, window.length);
            String rest = tokenizer.decode(window, skipSpecial);
            int held = text.length() - returned;
            returned = Math.max(0, rest.length() - held);
        }
    }

    private int certainLength(String text) {
        int end = text.length();
        int earliest = Math.max(0, end - WAITING);
        while (end > earliest && text.charAt(end - 1) == BROKEN) {
            end--;
        }
        return end;
    }
}

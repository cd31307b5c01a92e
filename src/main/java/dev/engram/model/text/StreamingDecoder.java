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
    /** A character has at most 4 bytes, so at most 3 tokens wait for its end. */
    private static final int WAITING_TOKENS = 3;

    private static final int LONGEST_WINDOW = 8;

    private final Tokenizer tokenizer;
    private final boolean skipSpecial;
    /** How many broken characters an unfinished one shows as: one, or one per byte where bytes are tokens of their own. */
    private final int mostHeld;

    private int[] window = new int[0];
    /** How many characters of the window's text have been returned. */
    private int returned;

    StreamingDecoder(Tokenizer tokenizer, boolean skipSpecial) {
        this.tokenizer = tokenizer;
        this.skipSpecial = skipSpecial;
        this.mostHeld = tokenizer.isByteLevel() ? 1 : WAITING_TOKENS;
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
        shorten(certain == text.length() ? 1 : WAITING_TOKENS + 1, text);
        return fresh;
    }

    /**
     * Ends the text and returns what was held back, unless it is a part of a character. The decoder can then be used
     * for another text.
     */
    public String finish() {
        String text = tokenizer.decode(window, skipSpecial);
        String held = text.substring(Math.min(returned, text.length()));
        boolean partial = !tokenizer.isByteLevel() || ByteSymbols.endsInsideCharacter(pieces());
        window = new int[0];
        returned = 0;
        return partial ? "" : held;
    }

    private String pieces() {
        StringBuilder pieces = new StringBuilder();
        for (int id : window) {
            pieces.append(tokenizer.tokenOf(id));
        }
        return pieces.toString();
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
        int earliest = Math.max(0, end - mostHeld);
        while (end > earliest && text.charAt(end - 1) == BROKEN) {
            end--;
        }
        return end;
    }
}

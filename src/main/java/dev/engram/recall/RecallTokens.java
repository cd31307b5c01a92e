package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Tokenizer;
import java.util.List;

/**
 * Ids of the scheme's special tokens.
 *
 * @param recall {@code <recall>}: emitted by the model when it wants a memory
 * @param end {@code </recall>}: ends the remembered text
 * @param pad {@code <|memory_pad|>}: the place of the injected vector; forced, never chosen
 */
public record RecallTokens(int recall, int end, int pad) {
    public static final String RECALL = "<recall>";
    public static final String END = "</recall>";
    public static final String PAD = "<|memory_pad|>";

    /** A tokenizer that reads the three tokens; the old one stays open. */
    public static Tokenizer extend(Tokenizer tokenizer) {
        return tokenizer.withAddedTokens(List.of(RECALL, END, PAD));
    }

    /** The ids in an extended tokenizer. */
    public static RecallTokens of(Tokenizer tokenizer) {
        return new RecallTokens(id(tokenizer, RECALL), id(tokenizer, END), id(tokenizer, PAD));
    }

    private static int id(Tokenizer tokenizer, String token) {
        return tokenizer
                .idOf(token)
                .orElseThrow(() -> new BadInputException("The tokenizer has no token " + token
                        + "; add the recall tokens first (RecallTokens.extend)."));
    }

    /** The three ids in the order of their rows. */
    public int[] ids() {
        return new int[] {recall, end, pad};
    }
}

package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.text.Tokenizer;
import dev.engram.train.RowTraining;
import java.util.Arrays;
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

    private static final List<String> LIKE_RECALL = List.of(" recall", " remember", " memory");
    private static final List<String> LIKE_END = List.of(" end", " done", " finish");

    /** A tokenizer that reads the three tokens; the old one stays open. */
    public static Tokenizer extend(Tokenizer tokenizer) {
        return tokenizer.withAddedTokens(List.of(RECALL, END, PAD));
    }

    /** The ids in an extended tokenizer. */
    public static RecallTokens of(Tokenizer tokenizer) {
        return new RecallTokens(id(tokenizer, RECALL), id(tokenizer, END), id(tokenizer, PAD));
    }

    /** Rows of a model that learns them, beginning like related words; the pad's is never read, since a vector stands in its place. */
    static RowTraining newRows(TrainableDecoder decoder, CausalLm lm) {
        lm.extend(null);
        int first = lm.config().vocab();
        return new RowTraining(
                decoder,
                List.of(
                        new RowTraining.Token(RECALL, first, ids(lm, LIKE_RECALL)),
                        new RowTraining.Token(END, first + 1, ids(lm, LIKE_END)),
                        new RowTraining.Token(PAD, first + 2, ids(lm, LIKE_RECALL))));
    }

    private static int[] ids(CausalLm lm, List<String> words) {
        return words.stream()
                .flatMapToInt(w -> Arrays.stream(lm.tokenizer().encode(w)))
                .toArray();
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

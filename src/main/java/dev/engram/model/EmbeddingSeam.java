package dev.engram.model;

import java.util.Map;
import java.util.function.Supplier;

/**
 * Acts on the input embeddings of a generation: after a pass it may say which token comes next, and give a vector in place of
 * that token's embedding. One object serves one generation.
 */
public interface EmbeddingSeam {
    /** What {@link #forced} returns when the next token is chosen as usual. */
    int NOT_FORCED = -1;

    /** Ids that may not be chosen now. */
    int[] banned();

    /** Added to the logits of ids before a choice is made. */
    default Map<Integer, Float> biases() {
        return Map.of();
    }

    /** Puts biases and bans into the logits of one row, which begin at an index of the array. */
    default void adjust(float[] logits, int from) {
        biases().forEach((id, bias) -> logits[from + id] += bias);
        for (int id : banned()) {
            logits[from + id] = Float.NEGATIVE_INFINITY;
        }
    }

    /**
     * Called after every pass, before the next token is chosen.
     *
     * @param last id of the last token that was fed
     * @param query the last token's hidden state after the final norm, [hidden]; computed when asked for
     * @return the next id, or {@link #NOT_FORCED}
     */
    int forced(int last, Supplier<float[]> query);

    /** The vector [hidden] in place of the next token's embedding; null for its own. */
    float[] embedding();

    /** The next token has been fed. */
    void fed();
}

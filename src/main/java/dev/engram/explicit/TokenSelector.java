package dev.engram.explicit;

import ai.djl.ndarray.NDArray;

/** Says which tokens of a reference a head of a layer keeps: those with the highest scores. */
public interface TokenSelector {
    /**
     * What a layer shows of a batch of references. Tokens are those behind the prefix.
     *
     * @param layer its number
     * @param q queries before rotation [batch, tokens, heads, headDim]
     * @param k keys before rotation [batch, tokens, kvHeads, headDim]
     * @param v values [batch, tokens, kvHeads, headDim]
     * @param received attention that each token received from the last {@link #watched} queries, causal and rotated,
     *     [batch, kvHeads, tokens]; null where nothing is watched
     * @param text 1 where a token belongs to the reference's text, 0 for padding and probe, [batch, tokens]
     */
    record LayerView(int layer, NDArray q, NDArray k, NDArray v, NDArray received, NDArray text) {}

    /** Short name, for tables and banks. */
    String name();

    /** Scores [batch, kvHeads, tokens]; what stands at tokens outside the text is not read. */
    NDArray scores(LayerView view);

    /** How many of the last queries are to be watched; 0 for none. */
    default int watched(int tokens) {
        return 0;
    }

    /** Ids that follow each reference while it is encoded, only to look at it; they are never kept. */
    default int[] probe() {
        return new int[0];
    }
}

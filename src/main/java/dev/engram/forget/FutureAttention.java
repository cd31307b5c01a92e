package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.Arrays;

/**
 * The attention that every token of a text is still to receive from each point on, recorded with the full cache. Points are
 * {@code step} tokens apart: (n / step) · n / 2 floats for each key/value head of each layer, 12 MB for 2,048 tokens of a
 * model with 30 layers of 3 heads in steps of 64.
 */
public final class FutureAttention {
    private final int step;
    private final int tokens;
    /** [points][layers][kvHeads][tokens before the point]: what comes from the point on. */
    private final float[][][][] after;

    private FutureAttention(int step, int tokens, float[][][][] after) {
        this.step = step;
        this.tokens = tokens;
        this.after = after;
    }

    /** Reads a text with the full cache, {@code step} tokens a pass. */
    public static FutureAttention record(Decoder decoder, int[] ids, int step) {
        if (step < 1 || ids.length == 0) {
            throw new BadInputException("The future of " + ids.length + " tokens in steps of " + step
                    + " cannot be recorded; give a text and a step of at least 1 token.");
        }
        int points = (ids.length + step - 1) / step;
        float[][][][] passes = new float[points][decoder.config().layers()][][];
        int[] point = new int[1];
        Seams.AttentionWatch watch = new Seams.AttentionWatch() {
            @Override
            public int queries() {
                return Integer.MAX_VALUE;
            }

            @Override
            public void received(int layer, NDArray attention) {
                passes[point[0]][layer] =
                        Rows.of(attention, (int) attention.getShape().get(2));
            }
        };
        try (KvCache cache = decoder.newCache()) {
            for (; point[0] < points; point[0]++) {
                int from = point[0] * step;
                int[][] part = {Arrays.copyOfRange(ids, from, Math.min(ids.length, from + step))};
                try (NDManager scope = decoder.newScope()) {
                    decoder.forward(scope, part, cache, Seams.none().withWatch(watch));
                }
            }
        }
        for (int p = points - 2; p >= 0; p--) { // from here on = this pass + all later ones
            for (int i = 0; i < passes[p].length; i++) {
                for (int h = 0; h < passes[p][i].length; h++) {
                    float[] own = passes[p][i][h];
                    for (int s = 0; s < own.length; s++) {
                        own[s] += passes[p + 1][i][h][s];
                    }
                }
            }
        }
        return new FutureAttention(step, ids.length, passes);
    }

    /** Tokens of the text. */
    public int tokens() {
        return tokens;
    }

    /**
     * What each token has still to receive when {@code seen} tokens have been read; {@code seen} is rounded down to a whole step.
     *
     * @return [tokens up to the end of that step]; of a text that is at its end, what its last step paid
     */
    float[] from(int seen, int layer, int head) {
        return after[Math.min(seen / step, after.length - 1)][layer][head];
    }
}

package dev.engram.model;

import java.util.Arrays;
import java.util.List;

/**
 * Token rows of different length side by side, filled up on the left so that they end together: their last hidden states stand
 * in one column, and one more token goes to the same place of each. {@link KvCache} keeps the padding out of attention.
 *
 * @param ids [rows][width]
 * @param padding tokens before each row's own, [rows]; what {@link Decoder#newCache(int, int[])} takes
 */
public record LeftPadded(int[][] ids, int[] padding) {
    /**
     * Rows, filled up with {@code pad}; any id of the vocabulary will do.
     *
     * @param rows at least one
     */
    public static LeftPadded of(List<int[]> rows, int pad) {
        int width = rows.stream().mapToInt(r -> r.length).max().orElse(0);
        int[][] ids = new int[rows.size()][width];
        int[] padding = new int[ids.length];
        for (int r = 0; r < ids.length; r++) {
            int[] own = rows.get(r);
            padding[r] = width - own.length;
            Arrays.fill(ids[r], 0, padding[r], pad);
            System.arraycopy(own, 0, ids[r], padding[r], own.length);
        }
        return new LeftPadded(ids, padding);
    }

    /** Tokens of a row with its padding. */
    public int width() {
        return ids.length == 0 ? 0 : ids[0].length;
    }
}

package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Rows side by side, padded on the right: no query sees the padding after it, so causal attention needs no mask. B rows of T
 * tokens.
 */
final class RowBatch {
    private final List<RecallRow> rows;
    private final int[][] ids;

    /**
     * A batch.
     *
     * @param filler any id of the vocabulary
     */
    RowBatch(List<RecallRow> rows, int filler) {
        this.rows = rows;
        int longest = rows.stream().mapToInt(r -> r.ids().length).max().orElse(0);
        this.ids = new int[rows.size()][];
        for (int r = 0; r < ids.length; r++) {
            int[] own = rows.get(r).ids();
            ids[r] = Arrays.copyOf(own, longest);
            Arrays.fill(ids[r], own.length, longest, filler);
        }
    }

    /** [B][T]. */
    int[][] ids() {
        return ids;
    }

    int tokens() {
        return ids.length * ids[0].length;
    }

    List<RecallRow> rows() {
        return rows;
    }

    /** The label of the token that follows each place, [B][T]; −100 for none. */
    int[][] labels() {
        int[][] labels = new int[ids.length][ids[0].length];
        for (int r = 0; r < ids.length; r++) {
            int[] own = rows.get(r).labels();
            Arrays.fill(labels[r], RecallRow.IGNORED);
            System.arraycopy(own, 1, labels[r], 0, own.length - 1);
        }
        return labels;
    }

    /** Flat places of {@code <recall>}, [rows]. */
    NDArray recalls(NDManager scope) {
        long[] places = new long[rows.size()];
        for (int r = 0; r < places.length; r++) {
            places[r] = (long) r * ids[0].length + rows.get(r).recallAt();
        }
        return scope.create(places);
    }

    /** Flat places whose next token is labelled, row by row, [k]. */
    NDArray predicting(NDManager scope) {
        List<Long> places = new ArrayList<>();
        for (int r = 0; r < rows.size(); r++) {
            int[] own = rows.get(r).labels();
            for (int t = 0; t + 1 < own.length; t++) {
                if (own[t + 1] != RecallRow.IGNORED) {
                    places.add((long) r * ids[0].length + t);
                }
            }
        }
        return scope.create(places.stream().mapToLong(Long::longValue).toArray());
    }

    /** Whether some row has a place for a vector. */
    boolean injects() {
        return rows.stream().anyMatch(r -> r.insertAt() >= 0);
    }

    /**
     * Vectors to inject and where.
     *
     * @param vector of a row, [width]
     * @return vectors [B, T, width] and mask [B, T, 1]
     */
    NDArray[] injection(NDManager scope, int width, Function<RecallRow, float[]> vector) {
        int tokens = ids[0].length;
        float[] values = new float[ids.length * tokens * width];
        float[] where = new float[ids.length * tokens];
        for (int r = 0; r < ids.length; r++) {
            int at = rows.get(r).insertAt();
            if (at >= 0) {
                System.arraycopy(vector.apply(rows.get(r)), 0, values, (r * tokens + at) * width, width);
                where[r * tokens + at] = 1;
            }
        }
        return new NDArray[] {
            scope.create(values, new Shape(ids.length, tokens, width)),
            scope.create(where, new Shape(ids.length, tokens, 1))
        };
    }
}

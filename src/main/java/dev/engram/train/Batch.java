package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Seams;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences side by side, padded on the right to the longest. Padding on the right needs no mask: attention is causal, so no token
 * sees what stands after it, and the fused causal kernel stays in use. (The decoder also takes padding on the left, as generation
 * needs it; that needs a mask.)
 *
 * @param ids [rows][width]
 * @param targets [rows][width]: what each position predicts, the next token's label; {@link Labels#IGNORE} where nothing is learned
 * @param documents [rows][width]: which document of its row a token belongs to; null where every row is one document
 * @param lengths tokens of each row without padding
 */
public record Batch(int[][] ids, int[][] targets, int[][] documents, int[] lengths) {

    /** One example a row. */
    public static Batch of(List<Example> examples, int pad) {
        return packed(examples.stream().map(List::of).toList(), pad, false);
    }

    /** Several examples a row; each sees only itself. */
    static Batch packed(List<List<Example>> rows, int pad) {
        return packed(rows, pad, true);
    }

    private static Batch packed(List<List<Example>> rows, int pad, boolean separate) {
        int[] lengths = rows.stream()
                .mapToInt(r -> r.stream().mapToInt(Example::tokens).sum())
                .toArray();
        int width = Arrays.stream(lengths).max().orElse(0);
        int[][] ids = filled(rows.size(), width, pad);
        int[][] targets = filled(rows.size(), width, Labels.IGNORE);
        int[][] documents = separate ? filled(rows.size(), width, Integer.MAX_VALUE) : null;
        for (int r = 0; r < ids.length; r++) {
            int at = 0;
            for (int d = 0; d < rows.get(r).size(); d++) {
                Example e = rows.get(r).get(d);
                System.arraycopy(e.ids(), 0, ids[r], at, e.tokens());
                System.arraycopy(e.labels(), 1, targets[r], at, e.tokens() - 1);
                if (separate) {
                    Arrays.fill(documents[r], at, at + e.tokens(), d);
                }
                at += e.tokens();
            }
        }
        return new Batch(ids, targets, documents, lengths);
    }

    private static int[][] filled(int rows, int columns, int value) {
        int[][] all = new int[rows][columns];
        for (int[] row : all) {
            Arrays.fill(row, value);
        }
        return all;
    }

    public int rows() {
        return ids.length;
    }

    /** Columns, padding included. */
    public int width() {
        return ids[0].length;
    }

    /** Tokens that are read, without padding. */
    public int tokens() {
        return Arrays.stream(lengths).sum();
    }

    /** Places r · width + t where something is learned, ascending. */
    public int[] learned() {
        int width = width();
        return IntStream.range(0, rows() * width)
                .filter(i -> targets[i / width][i % width] != Labels.IGNORE)
                .toArray();
    }

    /** The targets at {@link #learned}. */
    public int[] learnedTargets() {
        int width = width();
        return Arrays.stream(learned()).map(i -> targets[i / width][i % width]).toArray();
    }

    /**
     * The mask that keeps packed documents apart, for the decoder's seam of attention bias; none where rows are single
     * documents. Rotary positions run on through a row, which makes no difference: only distances count.
     *
     * @param scope owner of the mask [rows, 1, width, width]
     */
    public Seams seams(NDManager scope) {
        if (documents == null) {
            return Seams.none();
        }
        int n = width();
        float[] mask = new float[rows() * n * n];
        for (int r = 0; r < rows(); r++) {
            for (int q = 0; q < n; q++) {
                for (int k = 0; k <= q; k++) {
                    if (documents[r][k] != documents[r][q]) {
                        mask[(r * n + q) * n + k] = Float.NEGATIVE_INFINITY;
                    }
                }
            }
        }
        NDArray bias = scope.create(mask, new Shape(rows(), 1, n, n));
        return Seams.none().withBias((layer, slots) -> bias);
    }
}

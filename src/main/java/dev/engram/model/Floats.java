package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** Tensors as plain Java arrays, for looking at them. All take f32 tensors. */
public final class Floats {
    private Floats() {}

    /** A tensor [..., n] as its rows in order, [product of the other axes][n]. */
    public static float[][] rows(NDArray x) {
        Shape shape = x.getShape();
        if (shape.dimension() == 0) {
            throw new IllegalArgumentException("a single number has no rows; use getFloat()");
        }
        int n = Math.toIntExact(shape.get(shape.dimension() - 1));
        float[] flat = x.toFloatArray();
        float[][] rows = new float[n == 0 ? 0 : flat.length / n][n];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(flat, i * n, rows[i], 0, n);
        }
        return rows;
    }

    /** One head of a projection [1, tokens, heads, headDim] as [tokens][headDim]. */
    public static float[][] head(NDArray x, int head) {
        Shape shape = x.getShape();
        if (shape.dimension() != 4 || shape.get(0) != 1 || head < 0 || head >= shape.get(2)) {
            throw new IllegalArgumentException(
                    "head " + head + " of a tensor " + shape + ", which should be [1, tokens, heads, headDim]");
        }
        int heads = Math.toIntExact(shape.get(2));
        float[][] all = rows(x);
        float[][] one = new float[all.length / heads][];
        for (int t = 0; t < one.length; t++) {
            one[t] = all[t * heads + head];
        }
        return one;
    }

    /** The mean over rows of equal length, such as over heads. */
    public static double[] mean(float[][] rows) {
        double[] mean = new double[rows[0].length];
        for (float[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += row[i] / (double) rows.length;
            }
        }
        return mean;
    }
}

package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;

/** Tensors as a score per head and slot. */
final class Rows {
    private Rows() {}

    /** [.., heads, width] as [heads][width]. */
    static float[][] of(NDArray tensor, int width) {
        float[] flat = tensor.toFloatArray();
        float[][] rows = new float[flat.length / width][];
        Arrays.setAll(rows, h -> Arrays.copyOfRange(flat, h * width, (h + 1) * width));
        return rows;
    }
}

package dev.engram.model.source;

/**
 * Rows of a Q8_0 tensor, unpacked without loss: value = q · scale.
 *
 * @param rows number of rows
 * @param columns values in a row, a multiple of 32
 * @param q [rows × columns] values −128 to 127
 * @param scale [rows × columns/32] one per group of 32 neighbours
 */
public record Q8Blocks(int rows, int columns, byte[] q, float[] scale) {
    /** Values that share a scale. */
    public static final int GROUP = 32;

    public static boolean holds(StoredTensor t) {
        return t.type() == TensorType.Q8_0;
    }

    /** All rows of a matrix. */
    public static Q8Blocks of(StoredTensor t) {
        return of(t, 0, Math.toIntExact(t.shape()[0]));
    }

    /**
     * Some rows of a matrix.
     *
     * @param t [rows, columns] in Q8_0
     */
    public static Q8Blocks of(StoredTensor t, int firstRow, int rows) {
        if (!holds(t)) {
            throw new IllegalArgumentException(t.name() + " is " + t.type() + ", not Q8_0");
        }
        byte[] in = RawRows.of(t, firstRow, rows);
        int stride = t.type().blockBytes();
        int groups = in.length / stride;
        byte[] q = new byte[groups * GROUP];
        float[] scale = new float[groups];
        for (int g = 0; g < groups; g++) {
            scale[g] = Blocks.half(in, g * stride);
            System.arraycopy(in, g * stride + 2, q, g * GROUP, GROUP);
        }
        return new Q8Blocks(rows, RawRows.columns(t), q, scale);
    }
}

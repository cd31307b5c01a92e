package dev.engram.model.source;

/**
 * Rows of a Q4_0 or Q4_1 tensor, unpacked without loss: value = q · scale + minimum.
 *
 * @param rows number of rows
 * @param columns values in a row, a multiple of 32
 * @param q [rows × columns] values 0 to 15, one per byte
 * @param scale [rows × columns/32] one per group of 32 neighbours
 * @param minimum [rows × columns/32] one per group; −8 · scale in Q4_0
 */
public record Q4Blocks(int rows, int columns, byte[] q, float[] scale, float[] minimum) {
    /** Values that share a scale. */
    public static final int GROUP = 32;

    public static boolean holds(StoredTensor t) {
        return t.type() == TensorType.Q4_0 || t.type() == TensorType.Q4_1;
    }

    /** All rows of a matrix. */
    public static Q4Blocks of(StoredTensor t) {
        return of(t, 0, Math.toIntExact(t.shape()[0]));
    }

    /**
     * Some rows of a matrix.
     *
     * @param t [rows, columns] in Q4_0 or Q4_1
     */
    public static Q4Blocks of(StoredTensor t, int firstRow, int rows) {
        if (!holds(t)) {
            throw new IllegalArgumentException(t.name() + " is " + t.type() + ", not Q4_0 or Q4_1");
        }
        byte[] in = RawRows.of(t, firstRow, rows);
        int columns = RawRows.columns(t);
        boolean withMinimum = t.type() == TensorType.Q4_1;
        int stride = t.type().blockBytes();
        int groups = in.length / stride;
        byte[] q = new byte[groups * GROUP];
        float[] scale = new float[groups];
        float[] minimum = new float[groups];
        for (int g = 0; g < groups; g++) {
            int p = g * stride;
            scale[g] = Blocks.half(in, p);
            minimum[g] = withMinimum ? Blocks.half(in, p + 2) : -8 * scale[g];
            int from = p + (withMinimum ? 4 : 2);
            for (int i = 0; i < 16; i++) {
                q[g * GROUP + i] = (byte) (in[from + i] & 15);
                q[g * GROUP + 16 + i] = (byte) (in[from + i] >> 4 & 15);
            }
        }
        return new Q4Blocks(rows, columns, q, scale, minimum);
    }
}

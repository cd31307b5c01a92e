package dev.engram.explicit;

import java.util.Arrays;

/**
 * One reference as keys and values. Keys are rotated to the tokens' places in the reference, so that all references share the
 * same interval of positions ("parallel" positions, seed 3.2); values are never rotated.
 *
 * @param layers the model's layers that hold something, ascending
 * @param kvHeads key/value heads of a layer
 * @param headDim width of a head
 * @param positions of the kept tokens, [layers × kvHeads × tokens], ascending within a head
 * @param keys [layers × kvHeads × tokens × headDim]
 * @param values the same shape
 */
public record ExplicitMemory(int[] layers, int kvHeads, int headDim, int[] positions, float[] keys, float[] values) {
    public ExplicitMemory {
        if (positions.length % (layers.length * kvHeads) != 0
                || keys.length != positions.length * headDim
                || values.length != keys.length) {
            throw new IllegalArgumentException(positions.length + " positions, " + keys.length + " and " + values.length
                    + " numbers do not fit " + layers.length + " layers of " + kvHeads + " heads of " + headDim);
        }
    }

    /** Tokens that a head of a layer keeps. */
    public int tokens() {
        return positions.length / (layers.length * kvHeads);
    }

    /** Bytes of keys and values with this many bytes a number. */
    public long bytes(int bytesPerNumber) {
        return 2L * keys.length * bytesPerNumber;
    }

    /** Place of a layer of the model among {@link #layers}; negative where it holds nothing. */
    int place(int layer) {
        return Arrays.binarySearch(layers, layer);
    }

    /** Positions of the tokens that a head of the model's layer keeps. */
    public int[] positions(int layer, int head) {
        int from = (place(layer) * kvHeads + head) * tokens();
        return Arrays.copyOfRange(positions, from, from + tokens());
    }

    /** What the memory holds at some of its layers. */
    public ExplicitMemory at(int... chosen) {
        int heads = kvHeads * tokens();
        int[] p = new int[chosen.length * heads];
        float[] k = new float[p.length * headDim];
        float[] v = new float[k.length];
        for (int i = 0; i < chosen.length; i++) {
            int from = place(chosen[i]) * heads;
            System.arraycopy(positions, from, p, i * heads, heads);
            System.arraycopy(keys, from * headDim, k, i * heads * headDim, heads * headDim);
            System.arraycopy(values, from * headDim, v, i * heads * headDim, heads * headDim);
        }
        return new ExplicitMemory(chosen.clone(), kvHeads, headDim, p, k, v);
    }

    /** The same memory with other numbers, such as those that came out of a codec. */
    public ExplicitMemory with(float[] newKeys, float[] newValues) {
        return new ExplicitMemory(layers, kvHeads, headDim, positions, newKeys, newValues);
    }
}

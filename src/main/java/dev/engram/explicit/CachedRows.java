package dev.engram.explicit;

import ai.djl.ndarray.NDManager;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;

/** Keys and values of a filled cache, out of the engine. */
final class CachedRows {
    private final LmConfig shape;
    private final int[] of;
    private final int slots;
    private final float[][] keys;
    private final float[][] values;

    /** @param of layers */
    CachedRows(NDManager scope, KvCache cache, int[] of) {
        this.shape = cache.config();
        this.of = of;
        this.slots = cache.length(0);
        keys = new float[of.length][];
        values = new float[of.length][];
        for (int i = 0; i < of.length; i++) {
            try (NDManager step = scope.newSubManager()) {
                keys[i] = cache.keys(step, of[i]).toFloatArray();
                values[i] = cache.values(step, of[i]).toFloatArray();
            }
        }
    }

    /** What a row of the batch keeps. */
    ExplicitMemory memory(int row, int[][] kept) {
        int d = shape.headDim();
        int n = kept[0].length;
        int[] positions = new int[kept.length * n];
        float[] k = new float[positions.length * d];
        float[] v = new float[k.length];
        for (int i = 0; i < kept.length; i++) {
            int head = (row * shape.kvHeads() + i % shape.kvHeads()) * slots;
            for (int t = 0; t < n; t++) {
                int to = i * n + t;
                positions[to] = kept[i][t];
                System.arraycopy(keys[i / shape.kvHeads()], (head + kept[i][t]) * d, k, to * d, d);
                System.arraycopy(values[i / shape.kvHeads()], (head + kept[i][t]) * d, v, to * d, d);
            }
        }
        return new ExplicitMemory(of, shape.kvHeads(), d, positions, k, v);
    }
}

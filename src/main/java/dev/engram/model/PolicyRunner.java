package dev.engram.model;

import ai.djl.ndarray.NDArray;

/** Lets a policy act on a cache: collects the attention of a pass, then asks layer by layer what stays. */
final class PolicyRunner {
    private final CachePolicy policy;
    private final KvCache cache;
    private final float[][][] received;

    PolicyRunner(CachePolicy policy, KvCache cache) {
        this.policy = policy;
        this.cache = cache;
        this.received = new float[cache.layers()][][];
    }

    /** Adds this runner as the watcher of attention, before any other one. */
    Seams listen(Seams seams) {
        if (policy.queries() == 0) {
            return seams;
        }
        Seams.AttentionWatch other = seams.watch();
        return seams.withWatch(new Seams.AttentionWatch() {
            @Override
            public int queries() {
                return policy.queries();
            }

            @Override
            public void received(int layer, NDArray attention) {
                collect(layer, attention);
                if (other != null) {
                    other.received(layer, attention);
                }
            }
        });
    }

    private void collect(int layer, NDArray attention) {
        int heads = (int) attention.getShape().get(1);
        int columns = (int) attention.getShape().get(2);
        float[] flat = attention.toFloatArray();
        received[layer] = new float[heads][];
        for (int h = 0; h < heads; h++) {
            received[layer][h] = java.util.Arrays.copyOfRange(flat, h * columns, (h + 1) * columns);
        }
    }

    void apply(int newTokens) {
        for (int i = 0; i < cache.layers(); i++) {
            float[][] attention = received[i];
            int slots = cache.length(i);
            for (int h = 0; attention != null && h < attention.length; h++) {
                // extra rows stand before the slots and are not the policy's
                int extra = attention[h].length - slots;
                attention[h] =
                        extra == 0 ? attention[h] : java.util.Arrays.copyOfRange(attention[h], extra, extra + slots);
            }
            int[][] kept = policy.keep(new CachePolicy.Layer(i, cache, attention, newTokens));
            if (kept != null) {
                cache.keep(i, kept);
            }
        }
    }
}

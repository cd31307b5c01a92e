package dev.engram.model;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;

/**
 * Lets a policy act on a cache, pass by pass: collects the attention, then asks layer by layer what stays.
 *
 * <pre>{@code
 * PolicyRunner runner = new PolicyRunner(policy, cache);
 * Seams seams = runner.listen(Seams.none());
 * runner.before(ids[0].length);
 * decoder.forward(scope, ids, cache, seams);
 * runner.apply(ids[0].length);
 * }</pre>
 */
public final class PolicyRunner {
    private final CachePolicy policy;
    private final KvCache cache;
    private final float[][][] received;
    private long nanos;

    /**
     * Ties a policy to a cache.
     *
     * @param policy null for the full cache
     */
    public PolicyRunner(CachePolicy policy, KvCache cache) {
        this.policy = policy;
        this.cache = cache;
        this.received = new float[cache.layers()][][];
    }

    /** Plug-ins for every pass: the caller's and the policy's, with this runner as the first watcher of attention. */
    public Seams listen(Seams seams) {
        if (policy == null) {
            return seams;
        }
        Seams equipped = policy.equip(seams);
        return equipped.withWatch(new Listener(equipped.watch()));
    }

    /** Before a pass of {@code newTokens} tokens. */
    public void before(int newTokens) {
        if (policy != null) {
            policy.before(cache, newTokens);
        }
    }

    /** After a pass of {@code newTokens} tokens: decides and deletes. */
    public void apply(int newTokens) {
        if (policy == null) {
            return;
        }
        long start = System.nanoTime();
        for (int i = 0; i < cache.layers(); i++) {
            int[][] kept = policy.keep(new CachePolicy.Layer(i, cache, slots(i), newTokens));
            received[i] = null;
            if (kept != null) {
                cache.keep(i, kept);
            }
        }
        policy.after(cache);
        nanos += System.nanoTime() - start;
    }

    /** Wall time spent in the policy and in deleting, since the start; the kernels' own part of collecting attention not counted. */
    public double seconds() {
        return nanos / 1e9;
    }

    /** The layer's attention without the extra rows, which stand before the slots and are not the policy's. */
    private float[][] slots(int layer) {
        float[][] attention = received[layer];
        int slots = cache.length(layer);
        for (int h = 0; attention != null && h < attention.length; h++) {
            int extra = attention[h].length - slots;
            if (extra > 0) {
                attention[h] = Arrays.copyOfRange(attention[h], extra, extra + slots);
            }
        }
        return attention;
    }

    private void collect(int layer, float[] flat, int heads, int stride, int at, int columns) {
        received[layer] = new float[heads][];
        for (int h = 0; h < heads; h++) {
            received[layer][h] = Arrays.copyOfRange(flat, h * stride + at, h * stride + at + columns);
        }
    }

    /** Reads a pass's attention in one transfer, and hands it on to the caller's own watcher. */
    private final class Listener implements Seams.AttentionWatch {
        private final Seams.AttentionWatch other;

        Listener(Seams.AttentionWatch other) {
            this.other = other;
        }

        @Override
        public int queries() {
            int own = policy.queries();
            return own > 0 || other == null ? own : other.queries();
        }

        @Override
        public void received(int layer, NDArray attention) {
            int columns = (int) attention.getShape().get(2);
            collect(layer, attention.toFloatArray(), (int) attention.getShape().get(1), columns, 0, columns);
            if (other != null) {
                other.received(layer, attention);
            }
        }

        @Override
        public void received(NDArray all, int[] columns) {
            if (policy.queries() > 0) {
                long start = System.nanoTime();
                int stride = (int) all.getShape().get(2);
                float[] flat = all.toFloatArray();
                for (int i = 0, at = 0; i < columns.length; at += columns[i++]) {
                    collect(i, flat, (int) all.getShape().get(1), stride, at, columns[i]);
                }
                nanos += System.nanoTime() - start;
            }
            if (other != null) {
                other.received(all, columns);
            }
        }
    }
}

package dev.engram.forget;

import dev.engram.model.CachePolicy;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Any policy, watched: what it deletes and when, the most bytes that were held, its time and, on request, where attention went.
 * It acts exactly as without being watched.
 */
public final class Observed implements CachePolicy {
    private final CachePolicy policy;
    private final AttentionSummary attention;
    private final List<Deletion> deletions = new ArrayList<>();
    private long peak;
    private long nanos;
    private long handedOver;
    private int newTokens;

    /**
     * Watches a policy.
     *
     * @param policy null keeps everything
     * @param withAttention whether to add up where attention went, which costs time for every slot and token
     */
    public Observed(CachePolicy policy, boolean withAttention) {
        this.policy = policy;
        this.attention = withAttention ? new AttentionSummary() : null;
    }

    /** What was deleted, in order. */
    public List<Deletion> deletions() {
        return List.copyOf(deletions);
    }

    /** Most bytes that the cache held after a pass, before anything was deleted. */
    public long bytesPeak() {
        return peak;
    }

    /**
     * Wall time of the policy and of deleting what it chose, in seconds. Not in it: that attention must be computed and fetched,
     * and a soft policy's bias, both of which belong to the pass.
     */
    public double seconds() {
        return nanos / 1e9;
    }

    /** Where attention went, by layer; empty if it was not asked for, or if no token followed the first one. */
    public List<LayerAttention> attention(IntFunction<String> piece) {
        return attention == null ? List.of() : attention.layers(piece);
    }

    @Override
    public int queries() {
        return Math.max(own(), attention != null && newTokens == 1 ? 1 : 0);
    }

    private int own() {
        return policy == null ? 0 : policy.queries();
    }

    @Override
    public Seams equip(Seams seams) {
        return policy == null ? seams : policy.equip(seams);
    }

    @Override
    public void before(KvCache cache, int tokens) {
        newTokens = tokens;
        if (policy != null) {
            policy.before(cache, tokens);
        }
    }

    @Override
    public int[][] keep(Layer layer) {
        resume();
        if (layer.index() == 0) {
            peak = Math.max(peak, layer.cache().bytesHeld());
        }
        if (attention != null) {
            attention.born(layer);
            if (newTokens == 1) {
                attention.add(layer);
            }
        }
        if (policy == null) {
            return null;
        }
        long start = System.nanoTime();
        // A policy that asked for no attention is given none, whoever else looks at it.
        float[][] received = own() == 0 ? null : layer.received();
        int[][] kept = policy.keep(new Layer(layer.index(), layer.cache(), received, layer.newTokens()));
        if (kept != null && kept[0].length < layer.slots()) {
            deletions.add(new Deletion(layer.cache().tokensSeen(), layer.index(), layer.slots() - kept[0].length));
            if (attention != null) {
                attention.kept(layer.index(), kept);
            }
        }
        handedOver = System.nanoTime();
        nanos += handedOver - start;
        return kept;
    }

    @Override
    public void after(KvCache cache) {
        resume();
        if (policy != null) {
            long start = System.nanoTime();
            policy.after(cache);
            nanos += System.nanoTime() - start;
        }
    }

    /** What passed since the last layer was decided was its deletion. */
    private void resume() {
        if (handedOver > 0) {
            nanos += System.nanoTime() - handedOver;
            handedOver = 0;
        }
    }
}

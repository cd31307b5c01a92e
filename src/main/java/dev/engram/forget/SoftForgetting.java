package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.CachePolicy;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;

/**
 * Forgetting without deletion: ln R of each slot is added to its attention logits, so that its weight in the softmax is
 * multiplied by R and the rest shares what it loses (the form of FoX, Lin et al. 2025, with a retention that is not
 * learned). Around an {@link Eviction} that deletes too, it is soft and hard at once.
 */
public final class SoftForgetting implements CachePolicy {
    private final SlotScorer retention;
    private final CachePolicy deletion;
    private final double rate;
    private KvCache cache;
    private int newTokens;
    private NDManager pass;

    /**
     * Softens.
     *
     * @param retention a scorer whose score is ln R
     * @param deletion the policy that drives the scorer and may delete
     */
    public SoftForgetting(SlotScorer retention, CachePolicy deletion) {
        this(retention, deletion, 0);
    }

    /**
     * The same where all slots fade at one rate, so that tokens of the same pass fade for each other too. Without it they are fresh.
     *
     * @param rate what ln R falls by with each token
     */
    SoftForgetting(SlotScorer retention, CachePolicy deletion, double rate) {
        this.retention = retention;
        this.deletion = deletion;
        this.rate = rate;
    }

    /** The policy that drives the scorer and may delete. */
    public CachePolicy deletion() {
        return deletion;
    }

    @Override
    public int queries() {
        return deletion.queries();
    }

    @Override
    public Seams equip(Seams seams) {
        return deletion.equip(seams).withBias(this::bias);
    }

    /** ln R of the slots before this pass at its first token, 0 for that one; [1, 1|kvHeads, 1, slots]. */
    private NDArray bias(int layer, int slots) {
        int known = slots - newTokens;
        if (known == 0 && rate == 0) {
            return null;
        }
        float[][] log = retention.score(new Layer(layer, cache, null, 0));
        float[] flat = new float[log.length * slots];
        for (int h = 0; h < log.length; h++) {
            System.arraycopy(log[h], 0, flat, h * slots, known);
            for (int t = 0; t < newTokens; t++) {
                // what a later query sees less of all before it is the same for all, and softmax does not care
                flat[h * slots + known + t] = (float) (rate * t);
            }
        }
        return pass.create(flat, new Shape(1, log.length, 1, slots));
    }

    @Override
    public void before(KvCache cacheOfPass, int tokens) {
        cache = cacheOfPass;
        newTokens = tokens;
        close();
        pass = cache.newScope();
        deletion.before(cache, tokens);
    }

    @Override
    public int[][] keep(Layer layer) {
        return deletion.keep(layer);
    }

    @Override
    public void after(KvCache cacheOfPass) {
        deletion.after(cacheOfPass);
        close();
    }

    /** Frees the last pass's arrays; a pass may have been the last one without {@link #after}. */
    private void close() {
        if (pass != null) {
            pass.close();
            pass = null;
        }
    }
}

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
        this.retention = retention;
        this.deletion = deletion;
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

    /** ln R of the slots before this pass, 0 for its own tokens; [1, 1|kvHeads, 1, slots]. */
    private NDArray bias(int layer, int slots) {
        int known = slots - newTokens;
        if (known == 0) {
            return null;
        }
        float[][] log = retention.score(new Layer(layer, cache, null, 0));
        float[] flat = new float[log.length * slots];
        for (int h = 0; h < log.length; h++) {
            System.arraycopy(log[h], 0, flat, h * slots, known);
        }
        return pass.create(flat, new Shape(1, log.length, 1, slots));
    }

    @Override
    public void before(KvCache cacheOfPass, int tokens) {
        cache = cacheOfPass;
        newTokens = tokens;
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
        pass.close();
    }
}

package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.Seams;

/**
 * Any scorer, looking only at passes that decide: attention is then not computed in all others, which is most of a policy's
 * cost. What happened between two decisions goes unseen.
 */
public final class Occasional implements SlotScorer {
    private final SlotScorer scorer;

    public Occasional(SlotScorer scorer) {
        this.scorer = scorer;
    }

    @Override
    public boolean everyPass() {
        return false;
    }

    @Override
    public int queries() {
        return scorer.queries();
    }

    @Override
    public boolean logRetention() {
        return scorer.logRetention();
    }

    @Override
    public Seams equip(Seams seams) {
        return scorer.equip(seams);
    }

    @Override
    public void observe(Layer layer) {
        scorer.observe(layer);
    }

    @Override
    public float[][] score(Layer layer) {
        return scorer.score(layer);
    }

    @Override
    public void kept(int layer, int[][] kept) {
        scorer.kept(layer, kept);
    }
}

package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * The forgetting curve as MemoryBank uses it (Zhong et al. 2023, arXiv 2305.10250): R = exp(−t / S), S starts at 1, and a recall
 * adds 1 to S and sets t to 0. The score is ln R.
 *
 * <p>Differs from the paper: its memories are sentences and its unit of t is the day; here they are slots, the unit is a
 * number of tokens, and a recall is attention above the average. A pass of several tokens recalls as often as it has tokens.
 */
final class MemoryBank implements SlotScorer {
    private final double unit;
    private final Recalls recalls = new Recalls(1);
    private final SlotValues strength = new SlotValues(1);

    /** {@code unit}: tokens after which a slot that was never recalled has a retention of 1/e. */
    MemoryBank(double unit) {
        this.unit = unit;
    }

    @Override
    public int queries() {
        return ALL;
    }

    @Override
    public void observe(Layer layer) {
        float[] received = recalls.observe(layer);
        float[] s = strength.of(layer)[0];
        for (int i = 0; i < s.length; i++) {
            s[i] += recalls.recalled(received[i]) ? layer.newTokens() : 0;
        }
    }

    @Override
    public boolean logRetention() {
        return true;
    }

    @Override
    public float[][] score(Layer layer) {
        float[] s = strength.of(layer)[0];
        float[] score = recalls.age(layer);
        for (int i = 0; i < score.length; i++) {
            score[i] = (float) (-score[i] / unit / s[i]);
        }
        return new float[][] {score};
    }

    @Override
    public void kept(int layer, int[][] kept) {
        recalls.kept(layer, kept);
        strength.keep(layer, kept);
    }
}

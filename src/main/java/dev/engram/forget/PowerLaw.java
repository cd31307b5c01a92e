package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * Forgetting by a power of time, m = λ (1 + βt)^−ψ, the form of Wickelgren (1974) that Wixted and Carpenter (2007) fit to
 * Ebbinghaus's own savings. λ starts at 1 and grows with the attention received, t starts anew at a recall. The score is ln m.
 * Without λ the order would be that of the last recall, whatever ψ.
 */
final class PowerLaw implements SlotScorer {
    private final double exponent;
    private final double unit;
    private final double gain;
    private final Recalls recalls = new Recalls(1);
    private final SlotValues strength = new SlotValues(1);

    /**
     * A scorer for one cache.
     *
     * @param exponent ψ
     * @param unit 1/β in tokens
     * @param gain what λ grows by for each query that pays the average
     */
    PowerLaw(double exponent, double unit, double gain) {
        this.exponent = exponent;
        this.unit = unit;
        this.gain = gain;
    }

    @Override
    public int queries() {
        return ALL;
    }

    @Override
    public void observe(Layer layer) {
        float[] received = recalls.observe(layer);
        float[] lambda = strength.of(layer)[0];
        for (int s = 0; s < lambda.length; s++) {
            lambda[s] += (float) (gain * layer.newTokens() * received[s]);
        }
    }

    @Override
    public float[][] score(Layer layer) {
        float[] lambda = strength.of(layer)[0];
        float[] score = recalls.age(layer);
        for (int s = 0; s < score.length; s++) {
            score[s] = (float) (Math.log(lambda[s]) - exponent * Math.log1p(score[s] / unit));
        }
        return new float[][] {score};
    }

    @Override
    public void kept(int layer, int[][] kept) {
        recalls.kept(layer, kept);
        strength.keep(layer, kept);
    }
}

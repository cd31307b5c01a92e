package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * Attention received so far, summed over all queries, for each key/value head: the heavy hitters of H2O (Zhang et al. 2023,
 * arXiv 2306.14048), which keeps half of the budget for them and half for the most recent tokens.
 *
 * <p>With a decay below 1 the sum forgets: score ← decay · score + attention, once a token. Differs from the paper in that
 * the heads that share a key/value head are averaged; a pass of several tokens has its attention discounted as if all its
 * queries had paid alike.
 */
final class HeavyHitters implements SlotScorer {
    private final SlotValues sum = new SlotValues(0);
    private final double decay;

    /** {@code decay} of the sum for each token; 1 for the paper's. */
    HeavyHitters(double decay) {
        this.decay = decay;
    }

    @Override
    public int queries() {
        return ALL;
    }

    @Override
    public void observe(Layer layer) {
        if (decay == 1) {
            sum.add(layer, layer.received());
            return;
        }
        float fades = (float) Math.pow(decay, layer.newTokens());
        // mean of decay^0 … decay^(T−1): what the pass's own attention has lost by its end
        float own = (float) ((1 - fades) / (layer.newTokens() * (1 - decay)));
        float[][] rows = sum.of(layer, layer.received().length);
        for (int h = 0; h < rows.length; h++) {
            float[] more = layer.received()[h];
            for (int s = 0; s < more.length; s++) {
                rows[h][s] = fades * rows[h][s] + own * more[s];
            }
        }
    }

    @Override
    public float[][] score(Layer layer) {
        return sum.of(layer);
    }

    @Override
    public void kept(int layer, int[][] kept) {
        sum.keep(layer, kept);
    }
}

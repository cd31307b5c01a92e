package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * Attention of the last query, mean over all heads, one choice for the whole layer: TOVA (Oren et al. 2024, arXiv 2401.06104).
 * Differs from the paper where a pass has several tokens: only its last one is asked.
 */
final class Tova implements SlotScorer {
    private float[][] last;

    @Override
    public int queries() {
        return 1;
    }

    @Override
    public boolean everyPass() {
        return false;
    }

    @Override
    public void observe(Layer layer) {
        last = layer.received();
    }

    @Override
    public float[][] score(Layer layer) {
        return new float[][] {Ebbinghaus.mean(last)};
    }
}

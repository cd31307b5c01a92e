package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * ln R = −age / time constant, the same for every slot and never rehearsed: FoX's forget gate (Lin et al. 2025, arXiv
 * 2503.02130) held at a fixed rate, which is ALiBi's bias with one slope (Press et al. 2022). Differs from both in that the
 * model was not trained with it.
 */
final class Fading implements SlotScorer {
    private final double tokens;

    /** {@code tokens}: the time constant. */
    Fading(double tokens) {
        this.tokens = tokens;
    }

    /** What ln R falls by with each token. */
    double rate() {
        return 1 / tokens;
    }

    @Override
    public float[][] score(Layer layer) {
        int heads =
                layer.cache().perHead(layer.index()) ? layer.cache().config().kvHeads() : 1;
        float[][] log = new float[heads][layer.slots()];
        for (int h = 0; h < heads; h++) {
            int[] positions = layer.positions(h);
            for (int s = 0; s < positions.length; s++) {
                log[h][s] = (float) ((positions[s] - layer.cache().nextPosition()) / tokens);
            }
        }
        return log;
    }
}

package dev.engram.compare;

import dev.engram.explicit.cost.ModelShape;
import dev.engram.model.LmConfig;

/**
 * Operations of the arms, in 10⁹, a multiplication and an addition being two. Attention's part that grows with the context is left
 * out: below 2 % of a token's at the lengths compared.
 */
public final class Flops {
    private static final double GIGA = 1e9;
    /** Weights of bge-small's layers, for the embedding of a text. */
    private static final double EMBEDDER = 21.3e6;

    private final ModelShape shape;

    Flops(LmConfig config) {
        this.shape = ModelShape.of(config, Math.max(1, config.layers() / 2));
    }

    /** One token through all layers and the head. */
    double token() {
        return 2 * (shape.bodyWeights() + head()) / GIGA;
    }

    /** One token through a share of the layers, without the head. */
    double token(double layers) {
        return 2 * layers * shape.bodyWeights() / GIGA;
    }

    private double head() {
        return (double) shape.vocab() * shape.hidden();
    }

    /**
     * One token of training: forward, the gradient of activations as far down as something learns, and the gradient of what learns.
     *
     * @param depth share of the layers that the backward pass crosses
     * @param learns share of the layers' weights that learn themselves; adapters count as none
     */
    double trained(double depth, double learns) {
        return token() + 2 * (depth * shape.bodyWeights() + head()) / GIGA + 2 * learns * shape.bodyWeights() / GIGA;
    }

    /** Embedding a text for a search. */
    static double embedding(int tokens) {
        return 2 * EMBEDDER * tokens / GIGA;
    }
}

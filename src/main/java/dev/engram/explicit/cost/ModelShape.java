package dev.engram.explicit.cost;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;

/**
 * The sizes of a decoder on which costs depend, in the letters of the Memory3 paper (arXiv 2407.01178).
 *
 * @param layers L
 * @param memoryLayers layers that keep and read memories, L_mem
 * @param heads query heads, H
 * @param kvHeads key/value heads, H_kv
 * @param headDim numbers of a head, d_h
 * @param hidden width of the residual stream, d
 * @param mlp width of the gated feed-forward part, W
 * @param vocab rows of the head, n_vocab
 */
public record ModelShape(
        int layers, int memoryLayers, int heads, int kvHeads, int headDim, int hidden, int mlp, int vocab) {

    public ModelShape {
        positive("layers", layers);
        positive("heads", heads);
        positive("kvHeads", kvHeads);
        positive("headDim", headDim);
        positive("hidden", hidden);
        positive("mlp", mlp);
        positive("vocab", vocab);
        if (memoryLayers < 1 || memoryLayers > layers) {
            throw new BadInputException(
                    "The shape has " + memoryLayers + " memory layers of " + layers + "; give 1 to " + layers + ".");
        }
    }

    private static void positive(String what, int value) {
        if (value < 1) {
            throw new BadInputException("The shape has " + what + " = " + value + "; give a positive number.");
        }
    }

    /** Memory3-2B: seed section 3.2. */
    public static ModelShape memory3() {
        return new ModelShape(44, 22, 40, 8, 80, 3200, 3200, 60416);
    }

    /** An opened model. */
    public static ModelShape of(LmConfig c, int memoryLayers) {
        return new ModelShape(
                c.layers(), memoryLayers, c.heads(), c.kvHeads(), c.headDim(), c.hidden(), c.intermediate(), c.vocab());
    }

    /** Weights of the attention's four matrices in one layer: 2 d² + 2 d d_h H_kv where H d_h = d. */
    public double attentionWeights() {
        return 2.0 * hidden * headDim * heads + 2.0 * hidden * headDim * kvHeads;
    }

    /** Weights of the gated feed-forward part in one layer: 3 d W. */
    public double mlpWeights() {
        return 3.0 * hidden * mlp;
    }

    /** Weights of all layers, without embedding and head. */
    public double bodyWeights() {
        return layers * (attentionWeights() + mlpWeights());
    }
}

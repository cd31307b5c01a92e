package dev.engram.train;

import dev.engram.model.BadInputException;

/**
 * Settings of AdamW (Loshchilov and Hutter 2019), with the defaults of torch.optim.AdamW except the decay.
 *
 * @param beta1 memory of the mean of gradients
 * @param beta2 memory of the mean of their squares
 * @param epsilon added to the root of the latter
 * @param weightDecay share of a weight, times the rate, that every step takes away
 */
public record AdamWConfig(double beta1, double beta2, double epsilon, double weightDecay) {
    public AdamWConfig {
        require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "lie in [0, 1)");
        require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "lie in [0, 1)");
        require(epsilon > 0 && epsilon < 1, "epsilon", epsilon, "lie in (0, 1)");
        require(weightDecay >= 0 && weightDecay <= 1, "weightDecay", weightDecay, "lie in [0, 1]");
    }

    /** 0.9, 0.999, 1e-8, no decay. */
    public static AdamWConfig defaults() {
        return new AdamWConfig(0.9, 0.999, 1e-8, 0);
    }

    private static void require(boolean ok, String field, double value, String rule) {
        if (!ok) {
            throw new BadInputException("AdamW's " + field + " is " + value + "; it must " + rule + ".");
        }
    }
}

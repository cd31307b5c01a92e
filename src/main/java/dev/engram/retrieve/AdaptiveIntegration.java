package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.List;

/**
 * How much each retrieved memory counts: softmax of the cosines over a temperature (seed 003, section 6.3, "adaptive memory
 * integration"). Low temperatures follow the best memory, high ones weigh all alike.
 *
 * <p>Cosines lie close together: at the seed's temperature of 0.5 a memory with cosine 0.8 gets only 1.5 times the weight of one
 * with 0.6 ({@code exp(0.2 / 0.5)}). Temperatures of 0.02 to 0.1 tell them apart.
 *
 * @param temperature above 0
 */
public record AdaptiveIntegration(double temperature) {
    public AdaptiveIntegration {
        if (!(temperature > 0) || !Double.isFinite(temperature)) {
            throw new BadInputException(
                    "The temperature of the integration is " + temperature + "; give a number above 0.");
        }
    }

    /** The seed's weights of the hits: positive, with sum 1, in the hits' order. */
    public double[] weights(List<Hit> hits) {
        double best = hits.stream().mapToDouble(Hit::score).max().orElse(0);
        double[] weights = hits.stream()
                .mapToDouble(h -> Math.exp((h.score() - best) / temperature))
                .toArray();
        double sum = 0;
        for (double w : weights) {
            sum += w;
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= sum;
        }
        return weights;
    }

    /** Weights relative to the best hit's, which has 1; their logarithms go onto attention logits. */
    public double[] relative(List<Hit> hits) {
        double[] weights = weights(hits);
        double most = Arrays.stream(weights).max().orElse(1);
        return Arrays.stream(weights).map(w -> w / most).toArray();
    }

    /**
     * The weighted sum of memories that are vectors, [width]. Memories that are attention rows take {@code log(weight)} on their
     * attention logits instead, which multiplies the attention they receive.
     */
    public static float[] weightedSum(double[] weights, List<float[]> memories) {
        if (weights.length != memories.size() || weights.length == 0) {
            throw new BadInputException("There are " + weights.length + " weights for " + memories.size()
                    + " memories; give one for each, and at least one.");
        }
        float[] sum = new float[memories.get(0).length];
        for (int m = 0; m < weights.length; m++) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += (float) (weights[m] * memories.get(m)[i]);
            }
        }
        return sum;
    }
}

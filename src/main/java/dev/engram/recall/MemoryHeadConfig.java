package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.GenerationConfig;

/**
 * How the memory head turns cosines into a choice.
 *
 * @param scale logit = scale · cosine; learned with the query, or 1
 * @param useSampling the seed's autorecall_use_sampling: draw with {@code sampling}, else take the best
 * @param sampling temperature, top-k, top-p, min-p, penalties and seed, as for tokens
 * @param abstain whether "nothing" may be chosen
 * @param bias added to the cosine of the nothing slot before scaling
 * @param floor cosines below it are no candidates; −1 for none
 * @param topK how many candidates a {@link Choice} lists
 */
public record MemoryHeadConfig(
        double scale,
        boolean useSampling,
        GenerationConfig sampling,
        boolean abstain,
        double bias,
        double floor,
        int topK) {

    public MemoryHeadConfig {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new BadInputException("The memory head's scale is " + scale + "; give a positive number.");
        }
        if (!(floor >= -1 && floor <= 1)) {
            throw new BadInputException("The similarity floor is " + floor + "; give a cosine from -1 to 1.");
        }
        if (topK < 1) {
            throw new BadInputException("The debug top-k is " + topK + "; give at least 1.");
        }
    }

    /** The seed's head: cosines as logits, T = 0.8, top-k 10, top-p 0.95, no abstaining and no floor. */
    public static MemoryHeadConfig seed() {
        GenerationConfig sampling =
                GenerationConfig.greedy(1).withTemperature(0.8).withTopK(10).withTopP(0.95);
        return new MemoryHeadConfig(1, true, sampling, false, 0, -1, 5);
    }

    /** The best memory at a learned scale, or nothing. */
    public static MemoryHeadConfig learned(double scale, double bias) {
        return new MemoryHeadConfig(scale, false, GenerationConfig.greedy(1), true, bias, -1, 5);
    }

    public MemoryHeadConfig withSampling(boolean use) {
        return new MemoryHeadConfig(scale, use, sampling, abstain, bias, floor, topK);
    }

    public MemoryHeadConfig withSampling(GenerationConfig settings) {
        return new MemoryHeadConfig(scale, true, settings, abstain, bias, floor, topK);
    }

    public MemoryHeadConfig withAbstain(boolean may) {
        return new MemoryHeadConfig(scale, useSampling, sampling, may, bias, floor, topK);
    }

    public MemoryHeadConfig withBias(double b) {
        return new MemoryHeadConfig(scale, useSampling, sampling, abstain, b, floor, topK);
    }

    public MemoryHeadConfig withFloor(double least) {
        return new MemoryHeadConfig(scale, useSampling, sampling, abstain, bias, least, topK);
    }
}

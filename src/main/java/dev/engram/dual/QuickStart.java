package dev.engram.dual;

import dev.engram.model.BadInputException;

/**
 * The arithmetic of the seed's quick start: what a training run of some samples does before it ends.
 *
 * @param samples of the data set
 * @param batchSize samples a step
 * @param epochs passes over the samples
 * @param learningRate peak
 * @param warmupSteps steps over which the learning rate rises to its peak
 * @param totalSteps steps that the schedule was made for
 * @param consolidationInterval steps from one consolidation to the next
 */
public record QuickStart(
        int samples,
        int batchSize,
        int epochs,
        double learningRate,
        int warmupSteps,
        int totalSteps,
        int consolidationInterval) {

    public QuickStart {
        if (samples < 1 || batchSize < 1 || epochs < 1 || warmupSteps < 1 || totalSteps < 1 || consolidationInterval < 1) {
            throw new BadInputException("The training run has " + samples + " samples, batches of " + batchSize + ", "
                    + epochs + " epochs, " + warmupSteps + " of " + totalSteps
                    + " steps of warm-up and a consolidation every " + consolidationInterval
                    + "; give at least 1 of each.");
        }
    }

    /** The seed's numbers. */
    public static QuickStart seed() {
        return new QuickStart(1000, 32, 10, 1e-4, 1000, 10_000, 1000);
    }

    /** Steps until the run ends; an epoch's last batch may be smaller. */
    public int steps() {
        return Math.multiplyExact((samples + batchSize - 1) / batchSize, epochs);
    }

    /** The largest learning rate that is reached: the peak only if the warm-up ends in time. */
    public double reachedLearningRate() {
        return learningRate * Math.min(1, steps() / (double) warmupSteps);
    }

    /** How often the memories are consolidated. */
    public int consolidations() {
        return steps() / consolidationInterval;
    }
}

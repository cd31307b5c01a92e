package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/**
 * What is learned. A task computes the order of its data from the step's number, so that a run that was interrupted goes on
 * with the same numbers and no position has to be stored.
 */
public interface TrainingTask {
    /**
     * The loss of one micro-batch, a function of the task's seed, the step and the micro-batch alone. Gradients are being
     * recorded when it is called.
     *
     * @param scope owner of everything it makes; closed after the backward pass
     * @param step from 0
     * @param micro from 0 to accumulation − 1
     * @return a scalar in f32: the mean over {@link #labels} many tokens
     */
    NDArray loss(NDManager scope, int step, int micro);

    /**
     * How many labelled tokens the mean of a micro-batch runs over. Micro-batches are weighted by it, so that accumulation
     * gives the gradient of one large batch.
     */
    default int labels(int step, int micro) {
        return 1;
    }

    /** How many tokens a micro-batch feeds to the model, for tokens/s. */
    default int tokens(int step, int micro) {
        return 0;
    }

    /** Named parts of the loss that was computed last, for the log. Always the same names. */
    default Map<String, Double> parts() {
        return Map.of();
    }

    /** Loss on held-out data after {@code step} steps, asked for as often as the early stop says. */
    default double validate(int step) {
        return Double.NaN;
    }

    /** What tells this task from another (data, seed, batch size); a run is not resumed with a different one. */
    default String fingerprint() {
        return "";
    }
}

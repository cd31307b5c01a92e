package dev.engram.train;

import dev.engram.model.BadInputException;

/**
 * When a run ends before its last step: after {@code patience} validations in a row that were not better than the best one so
 * far by at least {@code improvement}. The parameters stay those of the last step.
 *
 * @param every steps between two validations
 * @param patience validations without improvement
 * @param improvement in the validation's own unit
 */
public record EarlyStop(int every, int patience, double improvement) {
    public EarlyStop {
        if (every < 1 || patience < 1) {
            throw new BadInputException("The early stop validates every " + every + " steps with a patience of "
                    + patience + "; both must be 1 or more.");
        }
        if (!(improvement >= 0)) {
            throw new BadInputException(
                    "The early stop asks for an improvement of " + improvement + "; give 0 or more.");
        }
    }

    /** Whether this history has waited long enough. */
    boolean reached(History history) {
        double best = Double.POSITIVE_INFINITY;
        int waited = 0;
        for (History.Entry e : history.entries()) {
            if (!Double.isNaN(e.validation())) {
                boolean better = e.validation() < best - improvement || best == Double.POSITIVE_INFINITY;
                best = better ? e.validation() : best;
                waited = better ? 0 : waited + 1;
            }
        }
        return waited >= patience;
    }
}

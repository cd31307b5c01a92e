package dev.engram.explicit.pretrain;

import dev.engram.model.BadInputException;
import java.util.SplittableRandom;

/**
 * When a pretraining reads memories. Two stages are {@code from = full} in the middle of the run; a model with memories from the first
 * step has both at 0; the seed's gradual introduction (section 4.4), which the paper does not have, rises in between.
 *
 * @param name for tables
 * @param from step before which there are none
 * @param full step from which every batch has them
 */
public record MemoryPlan(String name, int from, int full) {
    public MemoryPlan {
        if (from < 0 || full < from) {
            throw new BadInputException("Memories are to come from step " + from + " and always from step " + full
                    + "; the second must not be smaller, and neither negative.");
        }
    }

    /** A warm-up without memories, then continual training with them: the paper's two stages. */
    public static MemoryPlan twoStages(int from) {
        return new MemoryPlan("two stages", from, from);
    }

    public static MemoryPlan fromTheStart() {
        return new MemoryPlan("memory from step 0", 0, 0);
    }

    public static MemoryPlan never() {
        return new MemoryPlan("no memory", Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /** Ever more batches have memories. */
    public static MemoryPlan gradual(int from, int full) {
        return new MemoryPlan("gradual", from, full);
    }

    /** Share of the batches that have memories, 0 to 1. */
    public double share(int step) {
        return step >= full ? 1 : step < from ? 0 : (double) (step - from) / (full - from);
    }

    /** Whether a step's batch has memories, drawn from the seed and the step alone. */
    public boolean reads(int step, long seed) {
        return new SplittableRandom(seed * 7_368_787 + step).nextDouble() < share(step);
    }
}

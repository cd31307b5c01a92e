package dev.engram.train;

import dev.engram.model.BadInputException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which of {@code count} things the micro-batch with a number takes, as a function of that number alone: a permutation of its own
 * for every epoch, drawn from the seed, epochs following each other without a gap.
 */
record Order(int count, int size, long seed) {
    /** Seed that stands for no shuffling at all. */
    static final long AS_GIVEN = Long.MIN_VALUE;

    Order {
        if (count < 1 || size < 1) {
            throw new BadInputException(
                    "Batches of " + size + " are to be made of " + count + " examples; both must be at least 1.");
        }
    }

    int[] at(long number) {
        int[] chosen = new int[size];
        long epoch = -1;
        int[] order = null;
        for (int i = 0; i < size; i++) {
            long at = number * size + i;
            if (at / count != epoch) {
                epoch = at / count;
                order = epoch(epoch);
            }
            chosen[i] = order[(int) (at % count)];
        }
        return chosen;
    }

    private int[] epoch(long epoch) {
        int[] order = IntStream.range(0, count).toArray();
        if (seed == AS_GIVEN) {
            return order;
        }
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + epoch);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }
}

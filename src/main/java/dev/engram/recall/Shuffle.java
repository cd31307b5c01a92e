package dev.engram.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Shuffled copies. */
final class Shuffle {
    private Shuffle() {}

    static <T> List<T> of(List<T> items, SplittableRandom random) {
        List<T> copy = new ArrayList<>(items);
        for (int i = copy.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            T held = copy.get(i);
            copy.set(i, copy.get(j));
            copy.set(j, held);
        }
        return copy;
    }

    /** A stream of draws of its own for one purpose of a step, so that a step's data need no stored position. */
    static SplittableRandom stream(long seed, long... keys) {
        long mixed = seed;
        for (long key : keys) {
            mixed = (mixed ^ key) * 0x9E3779B97F4A7C15L + 0x632BE59BD9B4E019L;
            mixed ^= mixed >>> 29;
        }
        return new SplittableRandom(mixed);
    }
}

package dev.engram.dual.baselines;

import dev.engram.model.BadInputException;
import java.util.Arrays;

/**
 * The consolidated associative memory of CAMELoT (He and others 2024, arXiv 2402.13449), for one layer: slots of a mean key, a mean
 * value, a count and an age. A token whose key is similar enough to a slot's joins its running means and makes it young again; a novel
 * one takes a free slot, or else the oldest. Reading gives each query its nearest slot.
 *
 * <p>Differs from the paper in that nothing is attended beside what is read (the caller prepends it to its context), and similarity is
 * the cosine, so that the threshold means the same for any model. No code of the authors is public.
 */
public final class CamelotMemory implements MemoryPool {
    private final int slots;
    private final int width;
    private final double threshold;
    private final float[][] keys;
    private final float[][] values;
    private final int[] counts;
    private final int[] ages;
    private int size;

    /**
     * An empty memory.
     *
     * @param slots M
     * @param width h
     * @param threshold R, the cosine from which on a token joins a slot, -1 to 1
     */
    public CamelotMemory(int slots, int width, double threshold) {
        Pools.requirePositive("number of slots", slots);
        Pools.requirePositive("width", width);
        if (!(threshold >= -1 && threshold <= 1)) {
            throw new BadInputException(
                    "The consolidation threshold is " + threshold + ", but it is a cosine; give -1 to 1.");
        }
        this.slots = slots;
        this.width = width;
        this.threshold = threshold;
        keys = new float[slots][];
        values = new float[slots][];
        counts = new int[slots];
        ages = new int[slots];
    }

    @Override
    public String name() {
        return "CAMELoT";
    }

    @Override
    public int slots() {
        return slots;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void update(float[][] newKeys, float[][] newValues) {
        Pools.requirePairs(newKeys, newValues, width);
        for (int i = 0; i < newKeys.length; i++) {
            write(newKeys[i], newValues[i]);
        }
    }

    /** Takes one token in and returns its slot. */
    public int write(float[] key, float[] value) {
        int near = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int s = 0; s < size; s++) {
            ages[s]++;
            double cosine = Pools.cosine(keys[s], key);
            if (cosine > most) {
                most = cosine;
                near = s;
            }
        }
        if (near >= 0 && most > threshold) {
            join(keys[near], key, counts[near]);
            join(values[near], value, counts[near]);
            counts[near]++;
        } else {
            near = size < slots ? size++ : oldest();
            keys[near] = key.clone();
            values[near] = value.clone();
            counts[near] = 1;
        }
        ages[near] = 0;
        return near;
    }

    private static void join(float[] mean, float[] one, int count) {
        for (int i = 0; i < mean.length; i++) {
            mean[i] += (one[i] - mean[i]) / (count + 1);
        }
    }

    private int oldest() {
        int oldest = 0;
        for (int s = 1; s < slots; s++) {
            oldest = ages[s] > ages[oldest] ? s : oldest;
        }
        return oldest;
    }

    @Override
    public float[] read(float[] query) {
        int near = Pools.nearest(keys, size, query);
        return near < 0 ? new float[width] : values[near].clone();
    }

    /** Tokens that a slot stands for. */
    public int count(int slot) {
        return counts[slot];
    }

    /** Tokens since a slot was written or joined. */
    public int age(int slot) {
        return ages[slot];
    }

    /** A copy of a slot's mean key. */
    public float[] key(int slot) {
        return Arrays.copyOf(keys[slot], width);
    }

    /** A copy of a slot's mean value. */
    public float[] value(int slot) {
        return Arrays.copyOf(values[slot], width);
    }
}

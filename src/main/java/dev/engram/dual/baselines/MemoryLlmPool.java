package dev.engram.dual.baselines;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The memory pool of MemoryLLM (Wang and others 2024, arXiv 2402.04624), for one layer: N vectors, all attended. An update drops K of
 * them at random and appends K new ones, so of what an update wrote the share (1 - K/N)^t is left after t more.
 *
 * <p>Differs from the paper in how K vectors come out of a chunk: its model reads the chunk with the last K memories and is trained to
 * leave there what matters; here keys and values of equal stretches of the chunk are averaged, which needs no training and is a fair
 * baseline for the pool's rule alone. The store of dropped vectors that M+ adds is left out.
 */
public final class MemoryLlmPool implements MemoryPool {
    private final int n;
    private final int k;
    private final int width;
    private final SplittableRandom random;
    private final float[][] keys;
    private final float[][] values;
    /** The update that wrote each vector, from 1. */
    private final int[] born;

    private int size;
    private int updates;

    /**
     * An empty pool.
     *
     * @param n vectors in all
     * @param k new vectors an update, at most n
     * @param width h
     */
    public MemoryLlmPool(int n, int k, int width, long seed) {
        Pools.requirePositive("number of vectors", n);
        Pools.requirePositive("number of new vectors", k);
        Pools.requirePositive("width", width);
        if (k > n) {
            throw new BadInputException(
                    "An update writes " + k + " vectors into a pool of " + n + "; give at most " + n + ".");
        }
        this.n = n;
        this.k = k;
        this.width = width;
        random = new SplittableRandom(seed);
        keys = new float[n][];
        values = new float[n][];
        born = new int[n];
    }

    @Override
    public String name() {
        return "MemoryLLM";
    }

    @Override
    public int slots() {
        return n;
    }

    @Override
    public int size() {
        return size;
    }

    /** Takes a chunk of at least K tokens in. */
    @Override
    public void update(float[][] newKeys, float[][] newValues) {
        Pools.requirePairs(newKeys, newValues, width);
        if (newKeys.length < k) {
            throw new BadInputException("A chunk has " + newKeys.length + " tokens, but an update writes " + k
                    + " vectors; give at least as many tokens.");
        }
        dropTo(n - k);
        updates++;
        for (int i = 0; i < k; i++) {
            int from = i * newKeys.length / k;
            int to = (i + 1) * newKeys.length / k;
            keys[size] = mean(newKeys, from, to);
            values[size] = mean(newValues, from, to);
            born[size++] = updates;
        }
    }

    /** Drops vectors at random until this many are left; the order of the others stays. */
    private void dropTo(int left) {
        while (size > left) {
            int gone = random.nextInt(size);
            int after = size - gone - 1;
            System.arraycopy(keys, gone + 1, keys, gone, after);
            System.arraycopy(values, gone + 1, values, gone, after);
            System.arraycopy(born, gone + 1, born, gone, after);
            size--;
        }
    }

    private float[] mean(float[][] rows, int from, int to) {
        float[] mean = new float[width];
        for (int r = from; r < to; r++) {
            for (int i = 0; i < width; i++) {
                mean[i] += rows[r][i] / (to - from);
            }
        }
        return mean;
    }

    @Override
    public float[] read(float[] query) {
        return Pools.attend(keys, values, size, query);
    }

    /** Updates so far. */
    public int updates() {
        return updates;
    }

    /** Share of an update's K vectors that are still there. */
    public double left(int update) {
        return Arrays.stream(born, 0, size).filter(b -> b == update).count() / (double) k;
    }

    /** The published curve: the share (1 - K/N)^t that is expected to be left after t more updates of a full pool. */
    public double expected(int t) {
        return Math.pow(1 - k / (double) n, t);
    }
}

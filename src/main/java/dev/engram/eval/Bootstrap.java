package dev.engram.eval;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Percentile bootstrap of a mean (Efron 1979). The same seed and numbers give the same interval.
 *
 * <p>What is resampled is what the interval speaks about. Whole units ({@link #mean(double[])} of one number per window, needle or
 * question) speak about other texts of the kind, but need some ten units to be trusted. Blocks of tokens ({@link #mean(double[][],
 * int)}) speak about these texts. Neighbouring tokens are alike, so they are drawn in blocks of consecutive ones; a block should be
 * longer than that likeness reaches. Blocks wrap around a window's end (circular block bootstrap, Politis and Romano 1992), so that
 * every token is drawn equally often.
 *
 * @param seed of the draws
 * @param resamples number of draws; 2,000 gives the ends of a 95 % interval to about a twentieth of its width
 * @param level confidence, between 0 and 1
 */
public record Bootstrap(long seed, int resamples, double level) {
    public Bootstrap {
        if (resamples < 100) {
            throw new BadInputException("The bootstrap has " + resamples + " resamples; give at least 100.");
        }
        if (!(level > 0 && level < 1)) {
            throw new BadInputException(
                    "The confidence level is " + level + "; give one between 0 and 1, such as 0.95.");
        }
    }

    /** 2,000 resamples, 95 %. */
    public static Bootstrap seeded(long seed) {
        return new Bootstrap(seed, 2000, 0.95);
    }

    /**
     * One number a unit, in order of first appearance: the mean of what was measured on it.
     *
     * @param unit what is resampled as a whole, such as the entity that several questions are about
     */
    public static <T> double[] byUnit(List<T> measured, Function<T, ?> unit, ToDoubleFunction<T> score) {
        return measured.stream()
                .collect(Collectors.groupingBy(unit, LinkedHashMap::new, Collectors.averagingDouble(score)))
                .values()
                .stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    /** The mean of independent units. */
    public Interval mean(double[] units) {
        requireNumbers(units, "a sample");
        Random random = new Random(seed);
        double[] means = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            double sum = 0;
            for (int i = 0; i < units.length; i++) {
                sum += units[random.nextInt(units.length)];
            }
            means[r] = sum / units.length;
        }
        return interval(Score.mean(units), means);
    }

    /**
     * The mean over all tokens of some windows, resampled in blocks from all of them.
     *
     * @param windows one value per token
     * @param block tokens a block; at most the shortest window
     */
    public Interval mean(double[][] windows, int block) {
        int tokens = 0;
        double[][] sums = new double[windows.length][];
        for (int w = 0; w < windows.length; w++) {
            requireNumbers(windows[w], "window " + w);
            if (block < 1 || block > windows[w].length) {
                throw new BadInputException("A block has " + block + " tokens and window " + w + " has "
                        + windows[w].length + "; give a block of 1 to " + windows[w].length + ".");
            }
            tokens += windows[w].length;
            sums[w] = blockSums(windows[w], block);
        }
        if (tokens == 0) {
            throw new BadInputException("There are no windows to resample; give at least one.");
        }
        double[] starts = Arrays.stream(sums).flatMapToDouble(Arrays::stream).toArray();
        int blocks = Math.max(1, Math.round((float) tokens / block));
        Random random = new Random(seed);
        double[] means = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            double sum = 0;
            for (int b = 0; b < blocks; b++) {
                sum += starts[random.nextInt(starts.length)];
            }
            means[r] = sum / blocks / block;
        }
        return interval(
                Score.mean(
                        Arrays.stream(windows).flatMapToDouble(Arrays::stream).toArray()),
                means);
    }

    /** The mean of {@code a − b} over pairs of independent units. */
    public Interval difference(double[] a, double[] b) {
        return mean(minus(a, b));
    }

    /** The mean of {@code a − b} over pairs of tokens, resampled in blocks. */
    public Interval difference(double[][] a, double[][] b, int block) {
        if (a.length != b.length) {
            throw new BadInputException("Pairs need equally many windows, but there are " + a.length + " and "
                    + b.length + "; measure both on the same ones.");
        }
        double[][] pairs = new double[a.length][];
        for (int w = 0; w < a.length; w++) {
            pairs[w] = minus(a[w], b[w]);
        }
        return mean(pairs, block);
    }

    private static double[] minus(double[] a, double[] b) {
        if (a.length != b.length) {
            throw new BadInputException("Pairs need equally many values, but there are " + a.length + " and " + b.length
                    + "; measure both on the same text.");
        }
        double[] d = new double[a.length];
        for (int i = 0; i < d.length; i++) {
            d[i] = a[i] - b[i];
        }
        return d;
    }

    /** Sum of the block that begins at each token, wrapping around. */
    private static double[] blockSums(double[] values, int block) {
        double[] sums = new double[values.length];
        double sum = 0;
        for (int i = 0; i < block; i++) {
            sum += values[i];
        }
        for (int i = 0; i < values.length; i++) {
            sums[i] = sum;
            sum += values[(i + block) % values.length] - values[i];
        }
        return sums;
    }

    private Interval interval(double mean, double[] means) {
        Arrays.sort(means);
        return new Interval(mean, quantile(means, (1 - level) / 2), quantile(means, (1 + level) / 2), level);
    }

    /** Linear between order statistics. */
    static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    private static void requireNumbers(double[] values, String what) {
        if (values.length == 0 || !Arrays.stream(values).allMatch(Double::isFinite)) {
            throw new BadInputException("The values of " + what + " are "
                    + (values.length == 0 ? "none" : "not all finite") + "; give finite numbers.");
        }
    }
}

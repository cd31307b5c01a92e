package dev.engram.train;

import dev.engram.model.BadInputException;
import java.util.List;
import java.util.stream.DoubleStream;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/**
 * Tells when a run has left its course: a loss or gradient that is no number, or losses far above those of before. A single
 * hard batch is no divergence: the median of the last three losses must exceed both {@code factor} times the median of the
 * {@value #WINDOW} before them and that median plus one nat.
 *
 * @param factor times the running median
 * @param rollbacks how often a run may go back to its last good state
 * @param rate by which the learning rate is multiplied each time
 */
public record DivergenceWatch(double factor, int rollbacks, double rate) {
    /** Losses that make the running median. */
    static final int WINDOW = 32;

    private static final int RECENT = 3;
    private static final int LEAST = 8;

    public DivergenceWatch {
        if (!(factor > 1)) {
            throw new BadInputException("The watch's factor is " + factor + "; it must be larger than 1.");
        }
        if (rollbacks < 0) {
            throw new BadInputException("The watch allows " + rollbacks + " rollbacks; give 0 or more.");
        }
        if (!(rate > 0 && rate <= 1)) {
            throw new BadInputException("The watch multiplies the rate by " + rate + "; it must lie in (0, 1].");
        }
    }

    /** Three times the median, three rollbacks, half the rate. */
    public static DivergenceWatch defaults() {
        return new DivergenceWatch(3, 3, 0.5);
    }

    /** Why the run is off its course; null while it is on it. */
    String fault(History history, double loss, double gradientNorm) {
        if (!Double.isFinite(loss)) {
            return "the loss is " + loss;
        }
        if (!Double.isFinite(gradientNorm)) {
            return "the gradient's norm is " + gradientNorm;
        }
        List<History.Entry> entries = history.entries();
        int earlier = entries.size() + 1 - RECENT;
        if (earlier < LEAST) {
            return null;
        }
        double usual = median(entries.subList(Math.max(0, earlier - WINDOW), earlier), Double.NaN);
        double recent = median(entries.subList(earlier, entries.size()), loss);
        return recent > factor * usual && recent > usual + 1
                ? String.format(java.util.Locale.ROOT, "the loss rose from %.3g to %.3g", usual, recent)
                : null;
    }

    /** Whether the newest loss is low enough for this state to be one to come back to. */
    boolean calm(History history) {
        List<History.Entry> entries = history.entries();
        int earlier = entries.size() - 1;
        if (earlier < LEAST) {
            return true;
        }
        double usual = median(entries.subList(Math.max(0, earlier - WINDOW), earlier), Double.NaN);
        double last = entries.get(earlier).loss();
        return last <= factor * usual || last <= usual + 1;
    }

    /** Median of losses and, where it is a number, one more. */
    private static double median(List<History.Entry> entries, double more) {
        double[] losses = DoubleStream.concat(entries.stream().mapToDouble(History.Entry::loss), DoubleStream.of(more))
                .toArray();
        return new Median().evaluate(losses); // NaN is left out
    }
}

package dev.engram.eval;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * How well a model, or a memory, says that it does not know. "Positive" is to abstain.
 *
 * @param right unknown and abstained
 * @param wrong known, yet abstained: a lost answer
 * @param invented unknown, yet answered
 * @param answered known and answered, rightly or not
 */
public record Abstention(int right, int wrong, int invented, int answered) {

    /** Counts question by question. */
    public static Abstention of(boolean[] unknown, boolean[] abstained) {
        if (unknown.length != abstained.length) {
            throw new BadInputException(unknown.length + " questions were given with " + abstained.length
                    + " decisions; give one for each.");
        }
        int[] count = new int[4];
        for (int i = 0; i < unknown.length; i++) {
            count[(unknown[i] ? 0 : 1) + (abstained[i] ? 0 : 2)]++;
        }
        return new Abstention(count[0], count[1], count[2], count[3]);
    }

    /** Share of the abstentions that are right; NaN if there are none. */
    public double precision() {
        return share(right, wrong);
    }

    /** Share of the unknown questions on which it abstains; NaN without such questions. */
    public double recall() {
        return share(right, invented);
    }

    /** Share of the known questions that are lost to abstention. */
    public double lost() {
        return share(wrong, answered);
    }

    private static double share(int part, int rest) {
        return part + rest == 0 ? Double.NaN : part / (double) (part + rest);
    }

    /**
     * One point of the trade-off.
     *
     * @param threshold abstain where the score is below it
     */
    public record Point(double threshold, Abstention at) {}

    /**
     * The whole trade-off of a score such as the likeness of the best memory: one point per value at which a decision changes,
     * from never abstaining to always.
     *
     * @param unknown whether a question cannot be answered
     * @param scores the higher the surer
     */
    public static List<Point> curve(boolean[] unknown, double[] scores) {
        List<Double> thresholds = new ArrayList<>();
        java.util.Arrays.stream(scores).distinct().sorted().forEach(thresholds::add);
        thresholds.add(Double.POSITIVE_INFINITY);
        List<Point> points = new ArrayList<>();
        for (double threshold : thresholds) {
            boolean[] abstained = new boolean[scores.length];
            for (int i = 0; i < scores.length; i++) {
                abstained[i] = scores[i] < threshold;
            }
            points.add(new Point(threshold, of(unknown, abstained)));
        }
        return points;
    }

    /** The point of highest recall among those that lose at most this share of the known questions. */
    public static Point best(List<Point> curve, double mostLost) {
        Point best = curve.get(0);
        for (Point p : curve) {
            if (p.at().lost() <= mostLost && p.at().recall() > best.at().recall()) {
                best = p;
            }
        }
        return best;
    }
}

package dev.engram.tiers;

import dev.engram.model.BadInputException;
import java.util.List;

/**
 * How often each horizon was taken for each.
 *
 * @param counts [right][said], in the order of {@link Horizon}
 */
public record Confusion(int[][] counts) {
    public static Confusion of(List<Horizon> right, List<Horizon> said) {
        if (right.size() != said.size() || right.isEmpty()) {
            throw new BadInputException("There are " + right.size() + " labels and " + said.size()
                    + " answers; give one answer for each label, and at least one.");
        }
        int n = Horizon.values().length;
        int[][] counts = new int[n][n];
        for (int i = 0; i < right.size(); i++) {
            counts[right.get(i).ordinal()][said.get(i).ordinal()]++;
        }
        return new Confusion(counts);
    }

    /** F1 of one horizon, 2 tp / (2 tp + fp + fn); 0 where there is neither. */
    public double f1(Horizon h) {
        int c = h.ordinal();
        int tp = counts[c][c];
        int others = 0;
        for (int i = 0; i < counts.length; i++) {
            others += i == c ? 0 : counts[i][c] + counts[c][i];
        }
        return tp == 0 ? 0 : 2.0 * tp / (2 * tp + others);
    }

    /** Mean F1 of the horizons that occur among the labels. */
    public double macroF1() {
        double sum = 0;
        int there = 0;
        for (Horizon h : Horizon.values()) {
            int labels = 0;
            for (int said : counts[h.ordinal()]) {
                labels += said;
            }
            if (labels > 0) {
                sum += f1(h);
                there++;
            }
        }
        return sum / there;
    }
}

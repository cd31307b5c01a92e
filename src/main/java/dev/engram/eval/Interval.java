package dev.engram.eval;

import dev.engram.report.Format;

/**
 * An estimate with its confidence interval.
 *
 * @param mean of the sample itself
 * @param low lower end
 * @param high upper end
 * @param level confidence, for example 0.95
 */
public record Interval(double mean, double low, double high, double level) {
    /** Whether the interval holds this value. */
    public boolean contains(double value) {
        return low <= value && value <= high;
    }

    /** For example {@code -0.012 [-0.02, -0.004]}. */
    @Override
    public String toString() {
        return Format.number(mean) + " [" + Format.number(low) + ", " + Format.number(high) + "]";
    }
}

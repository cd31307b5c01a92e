package dev.engram.report;

/**
 * One axis of a chart: what it shows, in which unit, and how it is scaled. No chart can be made without two of them, so no
 * chart goes out unlabelled.
 *
 * @param quantity what is measured, for example {@code context}
 * @param unit its unit, for example {@code tokens}; empty only through {@link #unitless(String)}
 * @param log whether the scale is logarithmic
 * @param min lower end of the scale, NaN for automatic
 * @param max upper end of the scale, NaN for automatic
 */
public record Axis(String quantity, String unit, boolean log, double min, double max) {
    public Axis {
        if (quantity == null || quantity.isBlank()) {
            throw new IllegalArgumentException(
                    "An axis needs the name of what it shows; write for example Axis.of(\"context\", \"tokens\").");
        }
        if (min >= max) {
            throw new IllegalArgumentException("The axis '" + quantity + "' runs from " + min + " to " + max
                    + "; its lower end must be the smaller.");
        }
    }

    /** A linear axis with automatic ends. */
    public static Axis of(String quantity, String unit) {
        if (unit == null || unit.isBlank()) {
            throw new IllegalArgumentException("The axis '" + quantity
                    + "' has no unit; give one, or use Axis.unitless if it counts or names things.");
        }
        return new Axis(quantity, unit, false, Double.NaN, Double.NaN);
    }

    /** An axis of something that has no unit: a layer number, a name, a ratio. */
    public static Axis unitless(String quantity) {
        return new Axis(quantity, "", false, Double.NaN, Double.NaN);
    }

    /** The same axis on a logarithmic scale. */
    public Axis logarithmic() {
        return new Axis(quantity, unit, true, min, max);
    }

    /** The same axis between fixed ends; NaN leaves an end automatic. */
    public Axis range(double from, double to) {
        return new Axis(quantity, unit, log, from, to);
    }

    /** The text beside the axis, for example {@code context (tokens)}. */
    public String label() {
        return unit.isEmpty() ? quantity : quantity + " (" + unit + ")";
    }

    @Override
    public String toString() {
        return label();
    }
}

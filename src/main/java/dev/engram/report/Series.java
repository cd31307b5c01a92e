package dev.engram.report;

import java.util.Arrays;
import java.util.LinkedHashSet;
import tech.tablesaw.api.Table;

/**
 * One named line or cloud of points.
 *
 * @param name shown in the legend
 * @param x positions, at least one, finite
 * @param y values, one per position; NaN leaves a gap
 * @param error half widths of the intervals around y, one per position, or null for none
 */
public record Series(String name, double[] x, double[] y, double[] error) {
    public Series {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("A series needs a name for the legend.");
        }
        if (x.length == 0 || x.length != y.length || (error != null && error.length != x.length)) {
            throw new IllegalArgumentException("The series '" + name + "' has " + x.length + " positions, " + y.length
                    + " values and " + (error == null ? "no" : error.length)
                    + " errors; it needs at least one position and the same number of each.");
        }
        if (!Arrays.stream(x).allMatch(Double::isFinite)) {
            throw new IllegalArgumentException(
                    "The series '" + name + "' has a position that is not a finite number; leave that point out.");
        }
    }

    public static Series of(String name, double[] x, double[] y) {
        return new Series(name, x, y, null);
    }

    /** A series over 0, 1, 2, … */
    public static Series of(String name, double[] y) {
        double[] x = new double[y.length];
        Arrays.setAll(x, i -> i);
        return new Series(name, x, y, null);
    }

    /** The same series with intervals of the given half widths. */
    public Series withError(double... halfWidths) {
        return new Series(name, x, y, halfWidths);
    }

    /**
     * One series per value of a group column, in order of first appearance.
     *
     * @param rows long-format rows
     * @param group column that names the series
     * @param x numeric column of positions
     * @param y numeric column of values
     */
    public static Series[] of(Table rows, String group, String x, String y) {
        var names = new LinkedHashSet<String>(
                Arrays.asList(rows.column(group).asStringColumn().asObjectArray()));
        return names.stream()
                .map(name -> {
                    Table part = rows.where(rows.column(group).asStringColumn().isEqualTo(name));
                    return of(
                            name,
                            part.numberColumn(x).asDoubleArray(),
                            part.numberColumn(y).asDoubleArray());
                })
                .toArray(Series[]::new);
    }
}

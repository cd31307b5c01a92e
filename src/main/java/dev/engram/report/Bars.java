package dev.engram.report;

/**
 * One named set of bars, one per category of the chart.
 *
 * @param name shown in the legend
 * @param heights one per category
 * @param error half widths of the intervals, one per category, or null for none
 */
public record Bars(String name, double[] heights, double[] error) {
    public Bars {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("A set of bars needs a name for the legend.");
        }
        if (error != null && error.length != heights.length) {
            throw new IllegalArgumentException("The bars '" + name + "' have " + heights.length + " heights and "
                    + error.length + " errors; give one error per height.");
        }
    }

    public static Bars of(String name, double... heights) {
        return new Bars(name, heights, null);
    }

    /** The same bars with intervals of the given half widths. */
    public Bars withError(double... halfWidths) {
        return new Bars(name, heights, halfWidths);
    }
}

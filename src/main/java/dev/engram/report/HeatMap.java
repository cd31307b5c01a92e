package dev.engram.report;

import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A matrix as colours with a colour bar. Row 0 is at the top. XChart's own heat map has a legend without a label and takes
 * its colours from a coarse list, so this one is drawn here.
 *
 * @param title what the picture shows
 * @param x what the columns are
 * @param y what the rows are
 * @param value what a cell holds; its range fixes the ends of the colours, else they are the smallest and largest cell
 * @param cells rows by columns, rectangular; NaN cells are light grey
 * @param columnLabels one per column; empty for numbers from 0
 * @param rowLabels one per row; empty for numbers from 0
 */
public record HeatMap(
        String title, Axis x, Axis y, Axis value, double[][] cells, List<String> columnLabels, List<String> rowLabels)
        implements Picture {
    private static final int BAR = 18;

    public HeatMap {
        if (title == null || title.isBlank() || x == null || y == null || value == null) {
            throw new IllegalArgumentException("A heat map needs a title and three axes: columns, rows and value.");
        }
        if (cells.length == 0 || cells[0].length == 0) {
            throw new IllegalArgumentException("The heat map '" + title + "' has no cells; give at least one.");
        }
        for (double[] row : cells) {
            if (row.length != cells[0].length) {
                throw new IllegalArgumentException("The heat map '" + title + "' has rows of " + cells[0].length
                        + " and " + row.length + " cells; all must be equal.");
            }
        }
        requireLabels(title, "columns", columnLabels, cells[0].length);
        requireLabels(title, "rows", rowLabels, cells.length);
        columnLabels = List.copyOf(columnLabels);
        rowLabels = List.copyOf(rowLabels);
    }

    /** A heat map whose rows and columns are numbered from 0. */
    public static HeatMap of(String title, Axis x, Axis y, Axis value, double[][] cells) {
        return new HeatMap(title, x, y, value, cells, List.of(), List.of());
    }

    /** The same map with names for columns and rows; an empty list keeps the numbers. */
    public HeatMap labels(List<String> columns, List<String> rows) {
        return new HeatMap(title, x, y, value, cells, columns, rows);
    }

    @Override
    public int width() {
        return Charts.WIDTH;
    }

    @Override
    public int height() {
        // Many named rows need their height; few rows keep the usual shape.
        return rowLabels.isEmpty() ? Charts.HEIGHT : Math.max(Charts.HEIGHT, 130 + 17 * Math.min(rowLabels.size(), 60));
    }

    @Override
    public String description() {
        return "Heat map: " + title + " (" + cells.length + " rows, " + cells[0].length + " columns)";
    }

    @Override
    public String toString() {
        return description();
    }

    /** The ends of the colour scale: low, high. */
    double[] ends() {
        double low = value.min();
        double high = value.max();
        var finite = Arrays.stream(cells)
                .flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite)
                .summaryStatistics();
        if (Double.isNaN(low)) {
            low = finite.getCount() == 0 ? 0 : finite.getMin();
        }
        if (Double.isNaN(high)) {
            high = finite.getCount() == 0 ? 1 : finite.getMax();
        }
        return new double[] {low, high > low ? high : low + 1};
    }

    @Override
    public void paint(Graphics2D g) {
        g.setFont(Charts.font(Font.PLAIN, 13));
        FontMetrics small = g.getFontMetrics();
        List<String> columns = names(columnLabels, cells[0].length);
        List<String> rows = names(rowLabels, cells.length);
        double[] ends = ends();
        List<String> marks = IntStream.rangeClosed(0, 4)
                .mapToObj(i -> Format.number(ends[0] + (ends[1] - ends[0]) * i / 4))
                .toList();
        int rowRoom = Math.min(widest(small, rows), 170);
        boolean upright = columnLabels.isEmpty();
        int columnRoom = upright ? small.getHeight() : Math.min(widest(small, columns), 90) + 4;
        int left = 44 + rowRoom;
        int right = 18 + BAR + 8 + widest(small, marks) + 34;
        int top = 46;
        int bottom = columnRoom + 40;
        Rectangle2D plot = new Rectangle2D.Double(left, top, width() - left - right, height() - top - bottom);

        paintCells(g, plot, ends);
        paintRowLabels(g, plot, rows, rowRoom);
        paintColumnLabels(g, plot, columns, columnRoom, upright);
        paintBar(g, plot, marks);
        g.setColor(Palette.INK);
        g.setFont(Charts.font(Font.BOLD, 16));
        centred(g, title, width() / 2.0, 28);
        g.setFont(Charts.font(Font.PLAIN, 14));
        centred(g, x.label(), plot.getCenterX(), height() - 14);
        turned(g, y.label(), 22, plot.getCenterY());
        turned(g, value.label(), width() - 14, plot.getCenterY());
    }

    private void paintCells(Graphics2D g, Rectangle2D plot, double[] ends) {
        int rows = cells.length;
        int columns = cells[0].length;
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                // Edges are rounded to bitmap pixels so that no light seams show between cells.
                double x0 = pixel(plot.getX() + plot.getWidth() * c / columns);
                double x1 = pixel(plot.getX() + plot.getWidth() * (c + 1) / columns);
                double y0 = pixel(plot.getY() + plot.getHeight() * r / rows);
                double y1 = pixel(plot.getY() + plot.getHeight() * (r + 1) / rows);
                g.setColor(Palette.value((cells[r][c] - ends[0]) / (ends[1] - ends[0])));
                g.fill(new Rectangle2D.Double(x0, y0, x1 - x0, y1 - y0));
            }
        }
    }

    private void paintRowLabels(Graphics2D g, Rectangle2D plot, List<String> rows, int room) {
        g.setColor(Palette.INK);
        g.setFont(Charts.font(Font.PLAIN, 13));
        FontMetrics metrics = g.getFontMetrics();
        double pitch = plot.getHeight() / rows.size();
        int every = step((int) Math.ceil((metrics.getAscent() + 1) / pitch));
        for (int r = 0; r < rows.size(); r += every) {
            String text = fit(metrics, rows.get(r), room);
            double y = plot.getY() + pitch * (r + 0.5) + metrics.getAscent() / 2.0 - 2;
            g.drawString(text, (float) (plot.getX() - 7 - metrics.stringWidth(text)), (float) y);
        }
    }

    private void paintColumnLabels(Graphics2D g, Rectangle2D plot, List<String> columns, int room, boolean upright) {
        FontMetrics metrics = g.getFontMetrics();
        double pitch = plot.getWidth() / columns.size();
        double need = upright ? widest(metrics, columns) + 10 : metrics.getAscent() + 1;
        int every = step((int) Math.ceil(need / pitch));
        for (int c = 0; c < columns.size(); c += every) {
            double x = plot.getX() + pitch * (c + 0.5);
            if (upright) {
                centred(g, columns.get(c), x, plot.getMaxY() + metrics.getAscent() + 5);
            } else {
                String text = fit(metrics, columns.get(c), room);
                AffineTransform before = g.getTransform();
                g.translate(x + metrics.getAscent() / 2.0 - 2, plot.getMaxY() + 6 + metrics.stringWidth(text));
                g.rotate(-Math.PI / 2);
                g.drawString(text, 0, 0);
                g.setTransform(before);
            }
        }
    }

    private void paintBar(Graphics2D g, Rectangle2D plot, List<String> marks) {
        double x = plot.getMaxX() + 18;
        int steps = (int) plot.getHeight() * SCALE;
        for (int i = 0; i < steps; i++) {
            g.setColor(Palette.value(1 - (i + 0.5) / steps));
            g.fill(new Rectangle2D.Double(x, plot.getY() + (double) i / SCALE, BAR, 1.0 / SCALE));
        }
        g.setColor(Palette.INK);
        FontMetrics metrics = g.getFontMetrics();
        for (int i = 0; i < marks.size(); i++) {
            double y = plot.getMaxY() - plot.getHeight() * i / (marks.size() - 1);
            g.drawString(marks.get(i), (float) (x + BAR + 7), (float) (y + metrics.getAscent() / 2.0 - 2));
        }
    }

    private static double pixel(double points) {
        return Math.round(points * SCALE) / (double) SCALE;
    }

    /** The smallest of 1, 2, 5, 10, 20, … that is at least the given number. */
    private static int step(int atLeast) {
        for (int power = 1; ; power *= 10) {
            for (int factor : new int[] {1, 2, 5}) {
                if (factor * power >= atLeast) {
                    return factor * power;
                }
            }
        }
    }

    private static List<String> names(List<String> labels, int count) {
        return labels.isEmpty()
                ? IntStream.range(0, count).mapToObj(String::valueOf).toList()
                : labels;
    }

    private static int widest(FontMetrics metrics, List<String> texts) {
        return texts.stream().mapToInt(metrics::stringWidth).max().orElse(0);
    }

    static String fit(FontMetrics metrics, String text, int room) {
        if (metrics.stringWidth(text) <= room) {
            return text;
        }
        int end = text.length();
        while (end > 0 && metrics.stringWidth(text.substring(0, end) + "…") > room) {
            end = text.offsetByCodePoints(end, -1);
        }
        return text.substring(0, end) + "…";
    }

    private static void centred(Graphics2D g, String text, double x, double baseline) {
        g.drawString(text, (float) (x - g.getFontMetrics().stringWidth(text) / 2.0), (float) baseline);
    }

    private static void turned(Graphics2D g, String text, double baseline, double y) {
        AffineTransform before = g.getTransform();
        g.translate(baseline, y + g.getFontMetrics().stringWidth(text) / 2.0);
        g.rotate(-Math.PI / 2);
        g.setColor(Palette.INK);
        g.drawString(text, 0, 0);
        g.setTransform(before);
    }

    private static void requireLabels(String title, String what, List<String> labels, int count) {
        if (!labels.isEmpty() && labels.size() != count) {
            throw new IllegalArgumentException("The heat map '" + title + "' has " + count + " " + what + " and "
                    + labels.size() + " names for them; give one each or none.");
        }
    }
}

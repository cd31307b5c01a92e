package dev.engram.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Line, scatter and bar charts in the one style of this project. The result is a plain XChart chart, so anything XChart can
 * do may be added to it. Heat maps are {@link HeatMap}.
 */
public final class Charts {
    public static final int WIDTH = 800;
    public static final int HEIGHT = 450;

    /** Letters of labels that fit side by side under the bars. */
    private static final int LETTERS = 84;

    private static final Marker[] MARKERS = {
        SeriesMarkers.CIRCLE,
        SeriesMarkers.SQUARE,
        SeriesMarkers.TRIANGLE_UP,
        SeriesMarkers.DIAMOND,
        SeriesMarkers.TRIANGLE_DOWN,
        SeriesMarkers.CROSS,
        SeriesMarkers.PLUS
    };
    private static final float[][] DASHES = {null, {9, 4}, {2, 4}, {9, 4, 2, 4}};
    /** Beyond this many points markers run into each other and are left out. */
    private static final int MOST_MARKERS = 40;
    /** Beyond this many points a dash is longer than the way to the next point. */
    private static final int MOST_DASHES = 60;

    private Charts() {}

    /** A line per series; markers and dashes differ as well as colours. */
    public static XYChart line(String title, Axis x, Axis y, Series... series) {
        XYChart chart = xy(title, x, y, series);
        for (int i = 0; i < series.length; i++) {
            XYSeries drawn = add(chart, series[i]);
            // XChart begins the dashes anew at every point, so that a dense line would look solid anyway.
            drawn.setLineStyle(stroke(series[i].x().length > MOST_DASHES ? 0 : i));
            drawn.setMarker(series[i].x().length > MOST_MARKERS ? SeriesMarkers.NONE : MARKERS[i % MARKERS.length]);
        }
        return chart;
    }

    /** A cloud of points per series. */
    public static XYChart scatter(String title, Axis x, Axis y, Series... series) {
        XYChart chart = xy(title, x, y, series);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        for (int i = 0; i < series.length; i++) {
            add(chart, series[i]).setMarker(MARKERS[i % MARKERS.length]);
        }
        return chart;
    }

    /**
     * Groups of bars from zero.
     *
     * @param categories names along the x axis, in order
     * @param bars one or more sets, each with one height per category
     */
    public static CategoryChart bar(String title, Axis x, Axis y, List<String> categories, Bars... bars) {
        requireAxes(title, x, y);
        if (bars.length == 0 || categories.isEmpty()) {
            throw new IllegalArgumentException("The chart '" + title + "' has no bars; give at least one set of them.");
        }
        if (y.log()) {
            throw new IllegalArgumentException("The bars of '" + title
                    + "' stand on zero, which a logarithmic axis does not have; use a line or scatter chart.");
        }
        CategoryChart chart = new CategoryChart(WIDTH, HEIGHT, ChartTheme.XChart);
        style(chart.getStyler(), x, y, Arrays.stream(bars).map(Bars::name).toList());
        label(chart, title, x, y);
        chart.getStyler().setAvailableSpaceFill(bars.length == 1 ? 0.6 : 0.8);
        chart.getStyler().setXAxisMaxLabelCount(Math.max(2, categories.size())); // else some of ten names are left out
        chart.getStyler().setYAxisTickLabelsFormattingFunction(Format::number);
        standOnZero(chart.getStyler(), y, bars);
        int letters = categories.stream().mapToInt(String::length).sum();
        if (letters > 70 || categories.size() > 16 || neighboursTouch(categories)) {
            // XChart leaves out a label that would reach over the edge; a very long one must stand upright.
            int longest = categories.stream().mapToInt(String::length).max().orElse(0);
            chart.getStyler().setXAxisLabelRotation(longest > 30 ? 90 : 35);
        }
        for (Bars set : bars) {
            if (set.heights().length != categories.size()) {
                throw new IllegalArgumentException("The bars '" + set.name() + "' have " + set.heights().length
                        + " heights for " + categories.size() + " categories; give one per category.");
            }
            chart.addSeries(
                    set.name(), categories, gaps(set.heights()), set.error() == null ? null : gaps(set.error()));
        }
        return chart;
    }

    /** Whether two labels next to each other need more than their bars' width. */
    private static boolean neighboursTouch(List<String> labels) {
        for (int i = 1; i < labels.size(); i++) {
            int both = labels.get(i - 1).length() + labels.get(i).length();
            if ((both / 2.0 + 1) * labels.size() > LETTERS) {
                return true;
            }
        }
        return false;
    }

    /** XChart leaves a bar out where it finds null; NaN it cannot draw. */
    private static List<Double> gaps(double[] values) {
        return Arrays.stream(values).mapToObj(v -> Double.isNaN(v) ? null : v).toList();
    }

    /** Puts the bars on the axis itself and leaves room above the highest interval. */
    private static void standOnZero(AxesChartStyler styler, Axis y, Bars... bars) {
        double lowest = 0;
        double highest = 0;
        for (Bars set : bars) {
            for (int i = 0; i < set.heights().length; i++) {
                double height = set.heights()[i];
                double error = set.error() == null ? 0 : set.error()[i];
                // A comparison with NaN is false, so missing bars do not count.
                lowest = height - error < lowest && height < 0 ? height - error : lowest;
                highest = height + error > highest ? height + error : highest;
            }
        }
        styler.setPlotContentSize(0.999);
        styler.setYAxisMin(Double.isNaN(y.min()) ? lowest * 1.06 : y.min());
        styler.setYAxisMax(Double.isNaN(y.max()) ? (highest > lowest ? highest * 1.06 : 1) : y.max());
    }

    /** Any XChart chart as a {@link Picture}. */
    public static Picture picture(IChart chart) {
        return new ChartPicture(chart);
    }

    /** The chart as a bitmap with {@link Picture#SCALE} pixels per point. */
    public static BufferedImage image(IChart chart) {
        return picture(chart).image();
    }

    /** Writes the chart as a PNG file, replacing it as a whole. */
    public static void save(IChart chart, Path file) {
        picture(chart).save(file);
    }

    private record ChartPicture(IChart chart) implements Picture {
        @Override
        public int width() {
            return chart.getWidth();
        }

        @Override
        public int height() {
            return chart.getHeight();
        }

        @Override
        public String description() {
            String title = chart.getTitle();
            return "Chart: " + (title == null || title.isBlank() ? "without a title" : title);
        }

        @Override
        public void paint(Graphics2D canvas) {
            chart.paint(canvas, chart.getWidth(), chart.getHeight());
        }
    }

    private static XYChart xy(String title, Axis x, Axis y, Series... series) {
        requireAxes(title, x, y);
        if (series.length == 0) {
            throw new IllegalArgumentException("The chart '" + title + "' has no series; give at least one.");
        }
        for (Series one : series) {
            requirePositive(x, one.name(), one.x());
            requirePositive(y, one.name(), lowerEnds(one));
        }
        XYChart chart = new XYChart(WIDTH, HEIGHT, ChartTheme.XChart);
        style(chart.getStyler(), x, y, Arrays.stream(series).map(Series::name).toList());
        label(chart, title, x, y);
        double xDecades = x.log() ? decades(x, Arrays.stream(series).map(Series::x)) : 0;
        double yDecades = y.log() ? decades(y, Arrays.stream(series).map(Series::y)) : 0;
        if (x.log() && xDecades <= 3) {
            chart.getStyler().setXAxisLogarithmicDecadeOnly(false);
            chart.getStyler().setXAxisTickLabelsFormattingFunction(Charts::oneTwoFive);
        }
        if (y.log() && yDecades <= 4) {
            chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
            chart.getStyler().setYAxisTickLabelsFormattingFunction(Charts::oneTwoFive);
        }
        if (!x.log()) { // XChart alone would write .08 beside 0.1
            chart.getStyler().setXAxisTickLabelsFormattingFunction(Format::number);
        }
        if (!y.log()) {
            chart.getStyler().setYAxisTickLabelsFormattingFunction(Format::number);
        }
        // There is a line for each ninth of a power of ten; over many powers they would hide the data.
        chart.getStyler().setPlotGridVerticalLinesVisible(xDecades <= 4);
        chart.getStyler().setPlotGridHorizontalLinesVisible(yDecades <= 5);
        return chart;
    }

    /** How many powers of ten an axis spans; few need labels between the powers. */
    private static double decades(Axis axis, Stream<double[]> values) {
        var all =
                values.flatMapToDouble(Arrays::stream).filter(Double::isFinite).summaryStatistics();
        double low = Double.isNaN(axis.min()) ? all.getMin() : axis.min();
        double high = Double.isNaN(axis.max()) ? all.getMax() : axis.max();
        return Math.log10(high / low);
    }

    /** Labels 1, 2 and 5 of each power of ten; a blank for the others, as XChart cannot draw an empty text. */
    private static String oneTwoFive(double value) {
        double lead = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
        boolean labelled = Stream.of(1, 2, 5).anyMatch(step -> Math.abs(lead - step) < 1e-6);
        return labelled ? Format.number(value) : " ";
    }

    private static double[] lowerEnds(Series series) {
        double[] ends = series.y().clone();
        for (int i = 0; series.error() != null && i < ends.length; i++) {
            ends[i] -= series.error()[i];
        }
        return ends;
    }

    private static XYSeries add(XYChart chart, Series series) {
        return series.error() == null
                ? chart.addSeries(series.name(), series.x(), series.y())
                : chart.addSeries(series.name(), series.x(), series.y(), series.error());
    }

    private static void label(org.knowm.xchart.internal.chartpart.AxesChart<?, ?> chart, String title, Axis x, Axis y) {
        chart.setTitle(title);
        chart.setXAxisTitle(x.label());
        chart.setYAxisTitle(y.label());
    }

    private static void requireAxes(String title, Axis x, Axis y) {
        if (x == null || y == null) {
            throw new IllegalArgumentException("The chart '" + title
                    + "' lacks an axis; give both, for example Axis.of(\"context\", \"tokens\").");
        }
        if (title == null || title.isBlank()) {
            throw new IllegalArgumentException("A chart needs a title that says what it shows.");
        }
    }

    private static void requirePositive(Axis axis, String name, double[] values) {
        if (axis.log()) {
            for (double value : values) {
                if (value <= 0) {
                    throw new IllegalArgumentException(
                            "The logarithmic axis '" + axis.label() + "' cannot show the value " + value + " of '"
                                    + name + "'; leave it out or use a linear axis.");
                }
            }
        }
    }

    private static BasicStroke stroke(int index) {
        float[] dash = DASHES[index % DASHES.length];
        return dash == null
                ? new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
                : new BasicStroke(2.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dash, 0);
    }

    private static void style(AxesChartStyler styler, Axis x, Axis y, List<String> names) {
        Color[] colours = new Color[Math.max(names.size(), 1)];
        Arrays.setAll(colours, Palette::series);
        styler.setSeriesColors(colours);
        styler.setBaseFont(font(Font.PLAIN, 13));
        styler.setChartTitleFont(font(Font.BOLD, 16));
        styler.setAxisTitleFont(font(Font.PLAIN, 14));
        styler.setAxisTickLabelsFont(font(Font.PLAIN, 13));
        styler.setLegendFont(font(Font.PLAIN, 13));
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setChartFontColor(Palette.INK);
        styler.setChartTitleBoxVisible(false);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(Palette.LIGHT);
        styler.setPlotGridLinesStroke(new BasicStroke(1f));
        styler.setAxisTickMarksColor(Palette.GREY);
        styler.setErrorBarsColor(Palette.INK);
        styler.setErrorBarsColorSeriesColor(styler instanceof XYStyler);
        styler.setYAxisLabelAlignment(AxesChartStyler.TextAlignment.Right);
        styler.setChartTitlePadding(10);
        styler.setXAxisLabelAlignmentVertical(AxesChartStyler.TextAlignment.Right);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setMarkerSize(8);
        styler.setChartPadding(12);
        styler.setAntiAlias(true);
        styler.setXAxisLogarithmic(x.log());
        styler.setYAxisLogarithmic(y.log());
        styler.setXAxisMin(end(x.min()));
        styler.setXAxisMax(end(x.max()));
        styler.setYAxisMin(end(y.min()));
        styler.setYAxisMax(end(y.max()));
        styler.setLegendVisible(names.size() > 1);
        boolean longNames = names.stream().anyMatch(name -> name.length() > 22);
        styler.setLegendPosition(longNames ? LegendPosition.OutsideS : LegendPosition.OutsideE);
        styler.setLegendLayout(longNames && names.size() <= 3 ? LegendLayout.Horizontal : LegendLayout.Vertical);
    }

    private static Double end(double value) {
        return Double.isNaN(value) ? null : value;
    }

    static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}

package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.internal.chartpart.IChart;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class ChartsTest {
    static final double[] CONTEXT = {16, 512, 1024, 4096};

    static XYChart sampleLine() {
        return Charts.line(
                "Decode speed by number format",
                Axis.of("context", "tokens").logarithmic(),
                Axis.of("speed", "tokens/s").range(0, Double.NaN),
                Series.of("f32", CONTEXT, new double[] {32, 31, 29, 22}).withError(2, 2, 1, 1),
                Series.of("bf16", CONTEXT, new double[] {58, 55, 50, 36}),
                Series.of("int8", CONTEXT, new double[] {101, 95, 84, 52}),
                Series.of("auto", CONTEXT, new double[] {140, 128, 109, 61}));
    }

    static IChart sampleScatter() {
        Random random = new Random(3);
        double[] x = random.doubles(80, 0, 1).toArray();
        double[] y = random.doubles(80, 0, 1).toArray();
        double[] z = random.doubles(80, 0.3, 1.4).toArray();
        return Charts.scatter(
                "Retention and attention",
                Axis.of("attention received", "share"),
                Axis.unitless("retention"),
                Series.of("kept", x, y),
                Series.of("forgotten", y, z));
    }

    static IChart sampleBars() {
        return Charts.bar(
                "Answers after forgetting half of the cache",
                Axis.unitless("policy"),
                Axis.of("correct answers", "%"),
                List.of("keep all", "last N", "random", "H2O", "SnapKV", "Ebbinghaus"),
                Bars.of("one fact", 92, 31, 22, 70, 74, 66).withError(3, 6, 5, 6, 6, 6),
                Bars.of("two hops", 55, 12, 9, 38, 41, 33).withError(6, 4, 4, 6, 6, 6));
    }

    static HeatMap sampleMap() {
        double[][] cells = new double[30][24];
        Random random = new Random(1);
        for (int r = 0; r < cells.length; r++) {
            for (int c = 0; c < cells[0].length; c++) {
                cells[r][c] = Math.exp(-c / 6.0) * (0.3 + random.nextDouble()) + (c == 23 ? 0.5 : 0);
            }
        }
        return HeatMap.of(
                "Attention received, by layer and token",
                Axis.unitless("token position"),
                Axis.unitless("layer"),
                Axis.of("attention received", "share"),
                cells);
    }

    static HeatMap sampleNamedMap() {
        String[] words = {"The", " capital", " of", " the", " island", " Oru", "ne", " is", " Port", " Halcyon", "."};
        double[][] cells = new double[words.length][words.length];
        for (int r = 0; r < words.length; r++) {
            for (int c = 0; c < words.length; c++) {
                cells[r][c] = c > r ? Double.NaN : 1.0 / (1 + (r - c));
            }
        }
        List<String> names = List.of(words);
        return HeatMap.of(
                        "Who looks at whom, layer 12",
                        Axis.unitless("token looked at"),
                        Axis.unitless("token that looks"),
                        Axis.of("attention", "share").range(0, 1),
                        cells)
                .labels(names, names);
    }

    /** Share of bitmap pixels that are not white, and the number of different colours. */
    static void assertDrawn(BufferedImage image, double least, int colours) {
        Set<Integer> seen = new HashSet<>();
        long inked = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int rgb = image.getRGB(x, y) & 0xFFFFFF;
                seen.add(rgb);
                inked += rgb == 0xFFFFFF ? 0 : 1;
            }
        }
        double share = inked / (double) (image.getWidth() * image.getHeight());
        assertTrue(share > least, "inked " + share);
        assertTrue(seen.size() > colours, "colours " + seen.size());
        // Nothing may be cut at the edge.
        for (int x = 0; x < image.getWidth(); x++) {
            assertEquals(0xFFFFFF, image.getRGB(x, 0) & 0xFFFFFF);
            assertEquals(0xFFFFFF, image.getRGB(x, image.getHeight() - 1) & 0xFFFFFF);
        }
        for (int y = 0; y < image.getHeight(); y++) {
            assertEquals(0xFFFFFF, image.getRGB(0, y) & 0xFFFFFF);
            assertEquals(0xFFFFFF, image.getRGB(image.getWidth() - 1, y) & 0xFFFFFF);
        }
    }

    static Map<Integer, Integer> pixels(BufferedImage image) {
        Map<Integer, Integer> count = new HashMap<>();
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                count.merge(image.getRGB(x, y) & 0xFFFFFF, 1, Integer::sum);
            }
        }
        return count;
    }

    @Test
    void everyKindOfChartIsDrawn() throws IOException {
        for (IChart chart : List.of(sampleLine(), sampleScatter(), sampleBars())) {
            BufferedImage image = Charts.image(chart);
            assertEquals(Charts.WIDTH * Picture.SCALE, image.getWidth());
            assertEquals(Charts.HEIGHT * Picture.SCALE, image.getHeight());
            assertDrawn(image, 0.02, 50);
            BufferedImage back =
                    ImageIO.read(new ByteArrayInputStream(Charts.picture(chart).png()));
            assertEquals(image.getWidth(), back.getWidth());
        }
        for (Picture map : List.of(sampleMap(), sampleNamedMap())) {
            assertDrawn(map.image(), 0.3, 100);
        }
    }

    @Test
    void seriesTakeTheSafeColours() {
        Map<Integer, Integer> count = pixels(Charts.image(sampleLine()));
        for (int i = 0; i < 4; i++) {
            int inked = count.getOrDefault(Palette.series(i).getRGB() & 0xFFFFFF, 0);
            assertTrue(inked > 300, "series " + i + " has " + inked + " pixels");
        }
    }

    @Test
    void labelsAndUnitsAreRequired() {
        Series series = Series.of("a", new double[] {1, 2});
        Axis axis = Axis.of("context", "tokens");
        assertEquals("context (tokens)", axis.label());
        assertEquals("layer", Axis.unitless("layer").label());
        assertThrows(IllegalArgumentException.class, () -> Axis.of("", "tokens"));
        assertThrows(IllegalArgumentException.class, () -> Axis.of("context", ""));
        assertThrows(IllegalArgumentException.class, () -> Axis.unitless(" "));
        assertThrows(IllegalArgumentException.class, () -> axis.range(2, 1));
        assertThrows(IllegalArgumentException.class, () -> Charts.line("t", null, axis, series));
        assertThrows(IllegalArgumentException.class, () -> Charts.line("t", axis, null, series));
        assertThrows(IllegalArgumentException.class, () -> Charts.line("", axis, axis, series));
        assertThrows(IllegalArgumentException.class, () -> Charts.line("t", axis, axis));
        assertThrows(IllegalArgumentException.class, () -> Charts.bar("t", axis, null, List.of("a"), Bars.of("b", 1)));
        assertThrows(IllegalArgumentException.class, () -> HeatMap.of("t", axis, axis, null, new double[][] {{1}}));
        XYChart chart = Charts.line("t", axis, Axis.of("speed", "tokens/s"), series);
        assertEquals("context (tokens)", chart.getXAxisTitle());
        assertEquals("speed (tokens/s)", chart.getYAxisTitle());
    }

    @Test
    void unequalOrImpossibleDataIsRefused() {
        Axis axis = Axis.of("context", "tokens");
        assertThrows(IllegalArgumentException.class, () -> Series.of("a", new double[2], new double[3]));
        assertThrows(IllegalArgumentException.class, () -> Series.of("a", new double[0]));
        assertThrows(
                IllegalArgumentException.class,
                () -> Series.of("a", new double[2]).withError(1));
        assertThrows(IllegalArgumentException.class, () -> Series.of("a", new double[] {Double.NaN}, new double[1]));
        assertThrows(
                IllegalArgumentException.class, () -> Charts.bar("t", axis, axis, List.of("a", "b"), Bars.of("b", 1)));
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Charts.line("t", axis, axis.logarithmic(), Series.of("loss", new double[] {1, 0})))
                .getMessage();
        assertTrue(message.contains("0.0 of 'loss'"), message);
        Series wide = Series.of("wide", new double[] {1, 2}).withError(0.5, 3);
        assertThrows(IllegalArgumentException.class, () -> Charts.line("t", axis, axis.logarithmic(), wide));
        assertThrows(
                IllegalArgumentException.class,
                () -> Charts.bar("t", axis, axis.logarithmic(), List.of("a"), Bars.of("b", 1)));
        assertThrows(
                IllegalArgumentException.class, () -> HeatMap.of("t", axis, axis, axis, new double[][] {{1, 2}, {1}}));
        assertThrows(IllegalArgumentException.class, () -> sampleMap().labels(List.of("one"), List.of()));
    }

    @Test
    void seriesComeFromLongRowsInOrder() {
        Table rows = Table.create(
                "rows",
                StringColumn.create("format", "f32", "bf16", "f32"),
                DoubleColumn.create("context", 16, 16, 512),
                DoubleColumn.create("speed", 30, 60, 28));
        Series[] series = Series.of(rows, "format", "context", "speed");
        assertEquals(2, series.length);
        assertEquals("f32", series[0].name());
        assertEquals(512, series[0].x()[1]);
        assertEquals(28, series[0].y()[1]);
        assertEquals(60, series[1].y()[0]);
    }

    @Test
    void heatMapColoursFollowTheValues() {
        HeatMap map = HeatMap.of(
                "two cells", Axis.unitless("column"), Axis.unitless("row"), Axis.unitless("value"), new double[][] {
                    {0, 1}
                });
        Map<Integer, Integer> count = pixels(map.image());
        int low = count.getOrDefault(Palette.value(0).getRGB() & 0xFFFFFF, 0);
        int high = count.getOrDefault(Palette.value(1).getRGB() & 0xFFFFFF, 0);
        assertTrue(low > 100_000 && Math.abs(low - high) < low / 50, low + " and " + high);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 200})
    void heatMapsOfAnySizeAreDrawn(int size) {
        double[][] cells = new double[size][size];
        assertDrawn(
                HeatMap.of("size", Axis.unitless("c"), Axis.unitless("r"), Axis.unitless("v"), cells)
                        .image(),
                0.2,
                20);
    }

    @Test
    void lightnessOfValuesRisesEvenly() {
        double before = -1;
        for (int i = 0; i <= 100; i++) {
            double light = Palette.luminance(Palette.value(i / 100.0));
            assertTrue(light > before, "at " + i);
            before = light;
        }
        assertEquals(Palette.LIGHT, Palette.value(Double.NaN));
        assertEquals(Palette.value(1), Palette.value(7));
        assertEquals(Color.WHITE, Palette.textOn(Palette.BLUE));
        assertEquals(Palette.INK, Palette.textOn(Palette.YELLOW));
    }

    @Test
    void awkwardDataIsStillDrawn() {
        Axis axis = Axis.of("x", "m");
        double[] none = {Double.NaN, Double.NaN};
        for (IChart chart : List.of(
                Charts.line("one point", axis, axis, Series.of("a", new double[] {3})),
                Charts.line("all missing", axis, axis, Series.of("a", none)),
                Charts.line("constant", axis, axis, Series.of("a", new double[] {2, 2, 2})),
                Charts.bar("zeros", axis, axis, List.of("a"), Bars.of("b", 0)),
                Charts.bar(
                        "below",
                        axis,
                        axis,
                        List.of("a", "b"),
                        Bars.of("c", -3, -1).withError(1, 1)),
                Charts.bar("missing", axis, axis, List.of("a", "b"), Bars.of("c", Double.NaN, 2)))) {
            assertDrawn(Charts.image(chart), 0.005, 10);
        }
    }

    @Test
    void chartsAreSavedAsFiles(@org.junit.jupiter.api.io.TempDir Path folder) throws IOException {
        Path file = folder.resolve("figures/speed.png");
        Charts.save(sampleLine(), file);
        assertEquals(1600, ImageIO.read(file.toFile()).getWidth());
    }
}

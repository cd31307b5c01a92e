package dev.engram.report;

import java.awt.Color;
import java.util.List;

/**
 * The colours of every picture. Series take the eight colours of Okabe and Ito (2008), told apart by all common kinds of
 * colour vision; values take viridis, whose lightness rises evenly and so survives grey printing.
 */
public final class Palette {
    public static final Color BLUE = new Color(0x0072B2);
    public static final Color VERMILLION = new Color(0xD55E00);
    public static final Color GREEN = new Color(0x009E73);
    public static final Color PURPLE = new Color(0xCC79A7);
    public static final Color ORANGE = new Color(0xE69F00);
    public static final Color SKY = new Color(0x56B4E9);
    public static final Color YELLOW = new Color(0xF0E442);
    public static final Color INK = new Color(0x222222);
    public static final Color GREY = new Color(0x6B6B6B);
    public static final Color LIGHT = new Color(0xE3E3E3);

    /** Colours of series in order; yellow is left out because it is faint on white. */
    private static final List<Color> SERIES = List.of(BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK);

    /** Eleven evenly spaced stops of viridis, from 0 to 1. */
    private static final int[] VIRIDIS = {
        0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725
    };

    private Palette() {}

    /** The colour of series {@code index}; repeats after seven, so charts vary marker and dash as well. */
    public static Color series(int index) {
        return SERIES.get(Math.floorMod(index, SERIES.size()));
    }

    /** The viridis colour of a share between 0 and 1; values outside are clamped, NaN is light grey. */
    public static Color value(double share) {
        if (Double.isNaN(share)) {
            return LIGHT;
        }
        double at = Math.max(0, Math.min(1, share)) * (VIRIDIS.length - 1);
        int low = Math.min((int) at, VIRIDIS.length - 2);
        return mix(new Color(VIRIDIS[low]), new Color(VIRIDIS[low + 1]), at - low);
    }

    /** The colour that lies {@code share} (0 to 1) of the way from one colour to another. */
    public static Color mix(Color from, Color to, double share) {
        return new Color(
                between(from.getRed(), to.getRed(), share),
                between(from.getGreen(), to.getGreen(), share),
                between(from.getBlue(), to.getBlue(), share));
    }

    /** Black or white, whichever is easier to read on the given background. */
    public static Color textOn(Color background) {
        // Where both have the same contrast ratio, 4.0.
        return luminance(background) > 0.21 ? INK : Color.WHITE;
    }

    /** Relative luminance between 0 (black) and 1 (white), as the contrast rule of WCAG 2 defines it. */
    static double luminance(Color colour) {
        return 0.2126 * linear(colour.getRed())
                + 0.7152 * linear(colour.getGreen())
                + 0.0722 * linear(colour.getBlue());
    }

    private static double linear(int channel) {
        double share = channel / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    }

    private static int between(int from, int to, double share) {
        return (int) Math.round(from + (to - from) * share);
    }
}

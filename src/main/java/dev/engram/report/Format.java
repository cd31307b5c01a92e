package dev.engram.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them: bytes, seconds, ratios. The decimal sign is always a point. */
public final class Format {
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};

    private Format() {}

    /** Bytes in steps of 1000 with three figures, for example {@code 271 MB}. */
    public static String bytes(double bytes) {
        double rest = Math.abs(bytes);
        int unit = 0;
        // 999.5 would round to 1000, which belongs to the next unit.
        while (rest >= 999.5 && unit < UNITS.length - 1) {
            rest /= 1000;
            unit++;
        }
        return (bytes < 0 ? "-" : "") + (unit == 0 ? print("%.0f", rest) : figures(rest)) + " " + UNITS[unit];
    }

    /** A time span, for example {@code 3.1 ms}, {@code 12.4 s}, {@code 3 min 20 s}, {@code 2 h 05 min}. */
    public static String seconds(double seconds) {
        if (seconds < 0) {
            return "-" + seconds(-seconds);
        }
        if (seconds < 0.9995) {
            return figures(seconds * 1000) + " ms";
        }
        if (seconds < 99.95) {
            return print("%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? print("%d min %02d s", whole / 60, whole % 60)
                : print("%d h %02d min", whole / 3600, whole % 3600 / 60);
    }

    /** A ratio of two numbers, for example {@code 2.51×}. */
    public static String ratio(double numerator, double denominator) {
        return figures(numerator / denominator) + "×";
    }

    /** A share between 0 and 1 as a percentage, for example {@code 12.5 %}. */
    public static String percent(double share) {
        return print("%.1f %%", share * 100);
    }

    /** A number with about three significant figures, without trailing zeros, for example {@code 0.125}. */
    public static String number(double value) {
        double size = Math.abs(value);
        if (value == 0 || !Double.isFinite(value)) {
            return value == 0 ? "0" : String.valueOf(value);
        }
        if (size < 1e-4 || size >= 1e7) {
            return print("%.1e", value);
        }
        String text = figures(value);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }

    /** Three significant figures, more only before the point, never an exponent. */
    private static String figures(double value) {
        if (value == 0 || !Double.isFinite(value)) {
            return value == 0 ? "0" : String.valueOf(value);
        }
        // Rounded first: 0.9999 is 1.00, not 1.000.
        double size = new BigDecimal(Math.abs(value)).round(new MathContext(3)).doubleValue();
        int decimals = Math.max(0, Math.min(8, 2 - (int) Math.floor(Math.log10(size))));
        return print("%." + decimals + "f", value);
    }

    private static String print(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}

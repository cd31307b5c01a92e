package dev.engram.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;

/**
 * Text whose tokens carry a background as strong as a value each: the attention a token received, its retention, its loss.
 * Dropped tokens are struck through. Shows as HTML in a notebook and as an image elsewhere.
 *
 * @param title what the picture shows
 * @param value what the value is; its range fixes the scale, else it runs from 0 (or the smallest, if negative) to the
 *     largest
 * @param tokens the tokens' text with their leading blanks; line feeds are shown and break the line
 * @param values one per token; NaN for no background
 * @param dropped one per token, or null if none is dropped
 */
public record TextHeat(String title, Axis value, List<String> tokens, double[] values, boolean[] dropped)
        implements Picture {
    private static final Color STRONG = Palette.BLUE;
    private static final int MARGIN = 16;
    private static final int LINE = 27;

    public TextHeat {
        if (title == null || title.isBlank() || value == null) {
            throw new IllegalArgumentException("A text picture needs a title and the name of its value.");
        }
        if (tokens.isEmpty()
                || tokens.size() != values.length
                || (dropped != null && dropped.length != values.length)) {
            throw new IllegalArgumentException("The text picture '" + title + "' has " + tokens.size() + " tokens, "
                    + values.length + " values and " + (dropped == null ? "no" : dropped.length)
                    + " marks for dropped tokens; it needs at least one token and the same number of each.");
        }
        tokens = List.copyOf(tokens);
    }

    public static TextHeat of(String title, Axis value, List<String> tokens, double[] values) {
        return new TextHeat(title, value, tokens, values, null);
    }

    /** The same text with some tokens struck through. */
    public TextHeat withDropped(boolean[] marks) {
        return new TextHeat(title, value, tokens, values, marks);
    }

    /** HTML with its own background and text colours, so it reads the same on light and dark pages. */
    public String html() {
        double[] ends = ends();
        StringBuilder html =
                new StringBuilder("<div style=\"background-color:#ffffff;color:#222222;padding:10px 14px\">");
        html.append("<p style=\"margin:0 0 8px 0\"><b>")
                .append(Tables.escape(title))
                .append("</b> ");
        for (int i = 0; i <= 4; i++) {
            Color colour = colour(i / 4.0);
            html.append("<span style=\"background-color:").append(hex(colour)).append(";color:");
            html.append(hex(Palette.textOn(colour))).append(";padding:2px 6px\">");
            html.append(Format.number(ends[0] + (ends[1] - ends[0]) * i / 4)).append("</span>");
        }
        html.append(" ").append(Tables.escape(value.label()));
        html.append("</p><p style=\"margin:0;line-height:1.9\">");
        for (int i = 0; i < tokens.size(); i++) {
            Color colour = background(i, ends);
            html.append("<span title=\"")
                    .append(i)
                    .append(": ")
                    .append(Format.number(values[i]))
                    .append("\" style=\"");
            html.append("background-color:")
                    .append(hex(colour))
                    .append(";color:")
                    .append(hex(ink(i, colour)));
            html.append(isDropped(i) ? ";text-decoration:line-through" : "");
            html.append(";padding:2px 0;white-space:pre-wrap\">");
            html.append(Tables.escape(visible(tokens.get(i)))).append("</span>");
            html.append("<br>"
                    .repeat((int) tokens.get(i).chars().filter(c -> c == '\n').count()));
        }
        return html.append("</p></div>").toString();
    }

    /** The tokens as plain text, dropped ones in brackets. */
    @Override
    public String description() {
        StringBuilder text = new StringBuilder(title).append(": ");
        for (int i = 0; i < tokens.size() && text.length() < 300; i++) {
            text.append(isDropped(i) ? "[" + tokens.get(i) + "]" : tokens.get(i));
        }
        return text.append(text.length() < 300 ? "" : " …").toString();
    }

    @Override
    public String toString() {
        return description();
    }

    @Override
    public int width() {
        return Charts.WIDTH;
    }

    @Override
    public int height() {
        // The height follows from where the lines break, which only a canvas can tell.
        Graphics2D scratch = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        try {
            return draw(scratch, false);
        } finally {
            scratch.dispose();
        }
    }

    @Override
    public void paint(Graphics2D g) {
        draw(g, true);
    }

    private int draw(Graphics2D g, boolean visible) {
        double[] ends = ends();
        g.setFont(Charts.font(Font.BOLD, 15));
        g.setColor(Palette.INK);
        if (visible) {
            g.drawString(title, MARGIN, MARGIN + 12);
            drawScale(g, ends);
        }
        g.setFont(Charts.font(Font.PLAIN, 15));
        FontMetrics metrics = g.getFontMetrics();
        double x = MARGIN;
        double y = MARGIN + 70;
        for (int i = 0; i < tokens.size(); i++) {
            String text = visible(tokens.get(i));
            double wide = metrics.getStringBounds(text, g).getWidth();
            if (x + wide > width() - MARGIN && x > MARGIN) {
                x = MARGIN;
                y += LINE;
            }
            if (visible) {
                drawToken(g, i, text, x, y, wide, background(i, ends));
            }
            x += wide;
            for (long breaks = tokens.get(i).chars().filter(c -> c == '\n').count(); breaks > 0; breaks--) {
                x = MARGIN;
                y += LINE;
            }
        }
        return (int) Math.ceil(y + (x > MARGIN ? 0 : -LINE)) + 22;
    }

    private void drawToken(Graphics2D g, int i, String text, double x, double y, double wide, Color colour) {
        g.setColor(colour);
        g.fill(new RoundRectangle2D.Double(x + 0.5, y - 16, wide - 1, 22, 4, 4));
        g.setColor(ink(i, colour));
        g.drawString(text, (float) x, (float) y);
        if (isDropped(i)) {
            g.fill(new java.awt.geom.Rectangle2D.Double(x + 1, y - 5.5, wide - 2, 1.3));
        }
    }

    private void drawScale(Graphics2D g, double[] ends) {
        int wide = 180;
        int top = MARGIN + 24;
        for (int i = 0; i < wide; i++) {
            g.setColor(colour((i + 0.5) / wide));
            g.fillRect(MARGIN + i, top, 1, 12);
        }
        g.setColor(Palette.LIGHT);
        g.drawRect(MARGIN, top, wide, 12);
        g.setColor(Palette.INK);
        g.setFont(Charts.font(Font.PLAIN, 13));
        String text = value.label() + ", " + Format.number(ends[0]) + " to " + Format.number(ends[1]);
        g.drawString(text, MARGIN + wide + 10, top + 11);
    }

    private double[] ends() {
        var finite = Arrays.stream(values).filter(Double::isFinite).summaryStatistics();
        double low =
                !Double.isNaN(value.min()) ? value.min() : Math.min(0, finite.getCount() == 0 ? 0 : finite.getMin());
        double high = !Double.isNaN(value.max()) ? value.max() : finite.getCount() == 0 ? 1 : finite.getMax();
        return new double[] {low, high > low ? high : low + 1};
    }

    private Color background(int i, double[] ends) {
        return Double.isNaN(values[i]) ? Color.WHITE : colour((values[i] - ends[0]) / (ends[1] - ends[0]));
    }

    private static Color colour(double share) {
        return Palette.mix(Color.WHITE, STRONG, Math.max(0, Math.min(1, share)));
    }

    private Color ink(int i, Color background) {
        return isDropped(i) && Palette.luminance(background) > 0.5 ? Palette.GREY : Palette.textOn(background);
    }

    private boolean isDropped(int i) {
        return dropped != null && dropped[i];
    }

    private static String visible(String token) {
        String text = token.replace("\r", "").replace("\n", "⏎").replace("\t", "→");
        return text.isEmpty() ? "∅" : text;
    }

    private static String hex(Color colour) {
        return String.format("#%06x", colour.getRGB() & 0xFFFFFF);
    }
}

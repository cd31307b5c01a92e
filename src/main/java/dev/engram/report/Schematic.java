package dev.engram.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A drawing of boxes and arrows made by code. Things are drawn in the order they are added; coordinates are points from the
 * top left corner. Text that is too wide for its box is set smaller.
 */
public final class Schematic implements Picture {
    /** A placed box; arrows and badges refer to it. */
    public record Box(double x, double y, double width, double height) {
        double right() {
            return x + width;
        }

        double bottom() {
            return y + height;
        }

        double centreX() {
            return x + width / 2;
        }

        double centreY() {
            return y + height / 2;
        }
    }

    private static final BasicStroke THIN = new BasicStroke(1.4f);
    private static final BasicStroke LINE = new BasicStroke(1.8f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND);
    private static final BasicStroke DASHED =
            new BasicStroke(1.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {6, 4}, 0);
    private static final double HEAD = 9;

    private final String title;
    private final int width;
    private final int height;
    private final List<Consumer<Graphics2D>> parts = new ArrayList<>();

    /**
     * An empty drawing.
     *
     * @param title what it shows; stands at the top
     * @param width in points
     * @param height in points
     */
    public Schematic(String title, int width, int height) {
        if (title == null || title.isBlank() || width < 1 || height < 1) {
            throw new IllegalArgumentException(
                    "A drawing needs a title and a size; found '" + title + "', " + width + " by " + height + ".");
        }
        this.title = title;
        this.width = width;
        this.height = height;
    }

    /** A grey box with a title and, unless empty, a smaller line below it; line feeds break lines. */
    public Box box(double x, double y, double w, double h, String title, String subtitle) {
        return box(x, y, w, h, title, subtitle, Palette.GREY);
    }

    /** A box in a colour: strong at its border, faint inside. */
    public Box box(double x, double y, double w, double h, String title, String subtitle, Color colour) {
        Box box = new Box(x, y, w, h);
        parts.add(g -> {
            RoundRectangle2D shape = new RoundRectangle2D.Double(x, y, w, h, 12, 12);
            g.setColor(Palette.mix(Color.WHITE, colour, 0.13));
            g.fill(shape);
            g.setColor(colour);
            g.setStroke(THIN);
            g.draw(shape);
            texts(g, box, title, subtitle);
        });
        return box;
    }

    /** A dashed frame around other boxes, its title at the top left inside. Add it before what it holds. */
    public Box frame(double x, double y, double w, double h, String title) {
        Box box = new Box(x, y, w, h);
        parts.add(g -> {
            RoundRectangle2D shape = new RoundRectangle2D.Double(x, y, w, h, 16, 16);
            g.setColor(new Color(0xF7F7F7));
            g.fill(shape);
            g.setColor(Palette.GREY);
            g.setStroke(DASHED);
            g.draw(shape);
            g.setFont(Charts.font(Font.BOLD, 13));
            g.drawString(title, (float) x + 12, (float) y + 20);
        });
        return box;
    }

    /** An arrow between the facing sides of two boxes, straight where they overlap and else with one step. */
    public void arrow(Box from, Box to, String label) {
        arrow(from, to, label, Palette.INK);
    }

    /** An arrow in a colour. */
    public void arrow(Box from, Box to, String label, Color colour) {
        parts.add(g -> {
            double[][] points = route(from, to);
            g.setColor(colour);
            g.setStroke(LINE);
            double[] tip = points[points.length - 1];
            double[] before = points[points.length - 2];
            double far = Math.hypot(tip[0] - before[0], tip[1] - before[1]);
            if (far == 0) {
                return;
            }
            double dx = (tip[0] - before[0]) / far;
            double dy = (tip[1] - before[1]) / far;
            Path2D head = new Path2D.Double();
            head.moveTo(tip[0], tip[1]);
            head.lineTo(tip[0] - HEAD * dx - HEAD / 2 * dy, tip[1] - HEAD * dy + HEAD / 2 * dx);
            head.lineTo(tip[0] - HEAD * dx + HEAD / 2 * dy, tip[1] - HEAD * dy - HEAD / 2 * dx);
            head.closePath();
            // The line ends inside the head, so that its blunt end does not stick out at the tip.
            g.draw(shortened(points, dx * (HEAD - 2), dy * (HEAD - 2)));
            g.fill(head);
            label(g, points, label);
        });
    }

    /** A numbered disc centred at a point. */
    public void badge(double x, double y, int number, Color colour) {
        parts.add(g -> {
            g.setColor(Color.WHITE);
            g.fill(new Ellipse2D.Double(x - 14, y - 14, 28, 28));
            g.setColor(colour);
            g.fill(new Ellipse2D.Double(x - 12, y - 12, 24, 24));
            g.setColor(Palette.textOn(colour));
            g.setFont(Charts.font(Font.BOLD, 14));
            centred(g, String.valueOf(number), x, y + 5);
        });
    }

    /** Free text whose first baseline starts at a point; line feeds break lines. */
    public void text(double x, double y, String text, boolean bold) {
        parts.add(g -> {
            g.setColor(Palette.INK);
            g.setFont(Charts.font(bold ? Font.BOLD : Font.PLAIN, 13));
            double line = y;
            for (String part : text.split("\n")) {
                g.drawString(part, (float) x, (float) line);
                line += 18;
            }
        });
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public String description() {
        return "Drawing: " + title;
    }

    @Override
    public String toString() {
        return description();
    }

    @Override
    public void paint(Graphics2D g) {
        g.setColor(Palette.INK);
        g.setFont(Charts.font(Font.BOLD, 17));
        centred(g, title, width / 2.0, 30);
        parts.forEach(part -> part.accept(g));
    }

    private static void texts(Graphics2D g, Box box, String title, String subtitle) {
        String[] top = title.split("\n");
        String[] below = subtitle == null || subtitle.isEmpty() ? new String[0] : subtitle.split("\n");
        double y = box.centreY() - (top.length * 18 + below.length * 16) / 2.0;
        for (String line : top) {
            y += 18;
            g.setColor(Palette.INK);
            fitted(g, line, Font.BOLD, 14, box, y - 4.5);
        }
        for (String line : below) {
            y += 16;
            g.setColor(Palette.INK);
            fitted(g, line, Font.PLAIN, 12, box, y - 3.5);
        }
    }

    private static void fitted(Graphics2D g, String text, int style, int size, Box box, double baseline) {
        g.setFont(Charts.font(style, size));
        double room = box.width() - 10;
        double wide = g.getFontMetrics().stringWidth(text);
        if (wide > room) {
            g.setFont(g.getFont().deriveFont((float) (size * room / wide)));
        }
        centred(g, text, box.centreX(), baseline);
    }

    /** The corners of an arrow's line: two if the boxes face each other, else four. */
    private static double[][] route(Box a, Box b) {
        boolean besides = a.right() <= b.x() || b.right() <= a.x();
        double top = Math.max(a.y(), b.y());
        double bottom = Math.min(a.bottom(), b.bottom());
        double left = Math.max(a.x(), b.x());
        double right = Math.min(a.right(), b.right());
        if (besides) {
            double x0 = a.right() <= b.x() ? a.right() : a.x();
            double x1 = a.right() <= b.x() ? b.x() : b.right();
            if (top < bottom) {
                double y = (top + bottom) / 2;
                return new double[][] {{x0, y}, {x1, y}};
            }
            double middle = (x0 + x1) / 2;
            return new double[][] {{x0, a.centreY()}, {middle, a.centreY()}, {middle, b.centreY()}, {x1, b.centreY()}};
        }
        double x = (left + right) / 2;
        boolean down = a.bottom() <= b.y();
        return new double[][] {{x, down ? a.bottom() : a.y()}, {x, down ? b.y() : b.bottom()}};
    }

    private static Path2D shortened(double[][] points, double dx, double dy) {
        Path2D path = new Path2D.Double();
        path.moveTo(points[0][0], points[0][1]);
        for (int i = 1; i < points.length; i++) {
            boolean last = i == points.length - 1;
            path.lineTo(points[i][0] - (last ? dx : 0), points[i][1] - (last ? dy : 0));
        }
        return path;
    }

    private static void label(Graphics2D g, double[][] points, String label) {
        if (label == null || label.isEmpty()) {
            return;
        }
        int middle = points.length / 2;
        double x = (points[middle - 1][0] + points[middle][0]) / 2;
        double y = (points[middle - 1][1] + points[middle][1]) / 2;
        g.setFont(Charts.font(Font.ITALIC, 12));
        FontMetrics metrics = g.getFontMetrics();
        double wide = metrics.stringWidth(label);
        boolean flat = points[middle - 1][1] == points[middle][1];
        double baseline = flat ? y - 6 : y + 4;
        double left = flat ? x - wide / 2 : x + 7;
        g.setColor(new Color(255, 255, 255, 200));
        g.fill(new Rectangle2D.Double(left - 2, baseline - metrics.getAscent(), wide + 4, metrics.getHeight() - 1));
        g.setColor(Palette.INK);
        g.drawString(label, (float) left, (float) baseline);
    }

    private static void centred(Graphics2D g, String text, double x, double baseline) {
        g.drawString(text, (float) (x - g.getFontMetrics().stringWidth(text) / 2.0), (float) baseline);
    }
}

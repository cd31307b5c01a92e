package dev.engram.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
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
            g.setColor(Palette.mix(Color.WHITE, colour, 0.16));
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
            List<Point2D> line = route(from, to);
            drawLine(g, line, colour, false);
            drawLabel(g, line, label);
        });
    }

    /** A line with a head at both ends: each box reads from and writes to the other. */
    public void exchange(Box one, Box other) {
        parts.add(g -> drawLine(g, route(one, other), Palette.INK, true));
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

    /** Free text whose first baseline starts at a point; its first line is bold, line feeds break lines. */
    public void note(double x, double y, String text) {
        parts.add(g -> {
            g.setColor(Palette.INK);
            double line = y;
            for (String part : text.split("\n")) {
                g.setFont(Charts.font(line == y ? Font.BOLD : Font.PLAIN, 13));
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
            fitted(g, line, Font.PLAIN, 12.5f, box, y - 3.5);
        }
    }

    private static void fitted(Graphics2D g, String text, int style, float size, Box box, double baseline) {
        g.setFont(Charts.font(style, 12).deriveFont(size));
        double room = box.width() - 10;
        double wide = g.getFontMetrics().stringWidth(text);
        if (wide > room) {
            g.setFont(g.getFont().deriveFont((float) (size * room / wide)));
        }
        centred(g, text, box.centreX(), baseline);
    }

    /** The corners of an arrow's line: two if the boxes face each other, else four. */
    private static List<Point2D> route(Box a, Box b) {
        boolean rightwards = a.right() <= b.x();
        if (rightwards || b.right() <= a.x()) {
            double x0 = rightwards ? a.right() : a.x();
            double x1 = rightwards ? b.x() : b.right();
            double top = Math.max(a.y(), b.y());
            double bottom = Math.min(a.bottom(), b.bottom());
            if (top < bottom) {
                return List.of(point(x0, (top + bottom) / 2), point(x1, (top + bottom) / 2));
            }
            double middle = (x0 + x1) / 2;
            return List.of(
                    point(x0, a.centreY()),
                    point(middle, a.centreY()),
                    point(middle, b.centreY()),
                    point(x1, b.centreY()));
        }
        double x = (Math.max(a.x(), b.x()) + Math.min(a.right(), b.right())) / 2;
        boolean down = a.bottom() <= b.y();
        return List.of(point(x, down ? a.bottom() : a.y()), point(x, down ? b.y() : b.bottom()));
    }

    private static void drawLine(Graphics2D g, List<Point2D> corners, Color colour, boolean bothEnds) {
        g.setColor(colour);
        g.setStroke(LINE);
        List<Point2D> line = new ArrayList<>(corners);
        // The line ends inside the heads, so that its blunt ends do not stick out at the tips.
        int last = line.size() - 1;
        line.set(last, drawHead(g, corners.get(last - 1), corners.get(last)));
        if (bothEnds) {
            line.set(0, drawHead(g, corners.get(1), corners.get(0)));
        }
        Path2D path = new Path2D.Double();
        path.moveTo(line.get(0).getX(), line.get(0).getY());
        line.subList(1, line.size()).forEach(p -> path.lineTo(p.getX(), p.getY()));
        g.draw(path);
    }

    /** Draws an arrow head and returns where its line should end. */
    private static Point2D drawHead(Graphics2D g, Point2D before, Point2D tip) {
        double far = before.distance(tip);
        if (far == 0) {
            return tip;
        }
        double dx = (tip.getX() - before.getX()) / far;
        double dy = (tip.getY() - before.getY()) / far;
        double x = tip.getX() - HEAD * dx;
        double y = tip.getY() - HEAD * dy;
        Path2D head = new Path2D.Double();
        head.moveTo(tip.getX(), tip.getY());
        head.lineTo(x - HEAD / 2 * dy, y + HEAD / 2 * dx);
        head.lineTo(x + HEAD / 2 * dy, y - HEAD / 2 * dx);
        head.closePath();
        g.fill(head);
        return point(x + dx, y + dy);
    }

    private static void drawLabel(Graphics2D g, List<Point2D> line, String label) {
        if (label == null || label.isEmpty()) {
            return;
        }
        Point2D a = line.get(line.size() / 2 - 1);
        Point2D b = line.get(line.size() / 2);
        g.setFont(Charts.font(Font.ITALIC, 12));
        FontMetrics metrics = g.getFontMetrics();
        double wide = metrics.stringWidth(label);
        boolean flat = a.getY() == b.getY();
        double left = flat ? (a.getX() + b.getX() - wide) / 2 : a.getX() + 7;
        double baseline = (a.getY() + b.getY()) / 2 + (flat ? -6 : 4);
        // A veil keeps the label legible where it crosses another line.
        g.setColor(new Color(255, 255, 255, 200));
        g.fill(new Rectangle2D.Double(left - 2, baseline - metrics.getAscent(), wide + 4, metrics.getHeight() - 1));
        g.setColor(Palette.INK);
        g.drawString(label, (float) left, (float) baseline);
    }

    private static Point2D point(double x, double y) {
        return new Point2D.Double(x, y);
    }

    private static void centred(Graphics2D g, String text, double x, double baseline) {
        g.drawString(text, (float) (x - g.getFontMetrics().stringWidth(text) / 2.0), (float) baseline);
    }
}

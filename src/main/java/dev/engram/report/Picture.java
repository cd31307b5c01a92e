package dev.engram.report;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * Something that can be drawn. As the last expression of a notebook cell it shows as an image. Sizes are in points as the
 * reader sees them; the bitmap holds {@link #SCALE} times as many pixels each way, so that it stays sharp on dense screens.
 */
public interface Picture {
    /** Pixels of the bitmap per point, in each direction. */
    int SCALE = 2;

    /** Width in points. */
    int width();

    /** Height in points. */
    int height();

    /** One line of text that stands for the picture where no image can be shown. */
    String description();

    /** Draws on a white canvas of {@link #width()} by {@link #height()} points, anti-aliasing already on. */
    void paint(Graphics2D canvas);

    /** The picture as a bitmap with white background. */
    default BufferedImage image() {
        BufferedImage image = new BufferedImage(width() * SCALE, height() * SCALE, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            canvas.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            canvas.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
            canvas.scale(SCALE, SCALE);
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, width(), height());
            paint(canvas);
        } finally {
            canvas.dispose();
        }
        return image;
    }

    /** The bitmap as the bytes of a PNG file. */
    default byte[] png() {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(image(), "png", out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the PNG to a file, replacing it as a whole; makes missing folders. */
    default void save(Path file) {
        AtomicFile.write(file, png());
    }
}

package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import org.junit.jupiter.api.Test;

class SchematicTest {
    @Test
    void theSixPlacesAreDrawn() {
        Schematic drawing = SixPlaces.drawing();
        ChartsTest.assertDrawn(drawing.image(), 0.05, 100);
        assertEquals("Drawing: Six places where a memory can live", drawing.toString());
    }

    @Test
    void anArrowRunsBetweenTheFacingSides() {
        var drawing = new Schematic("arrow", 300, 100);
        var left = drawing.box(20, 40, 40, 40, "", "");
        var right = drawing.box(240, 40, 40, 40, "", "");
        drawing.arrow(left, right, "", Color.RED);
        var image = drawing.image();
        int red = Color.RED.getRGB();
        assertEquals(red, image.getRGB(150 * Picture.SCALE, 60 * Picture.SCALE));
        assertTrue(image.getRGB(40 * Picture.SCALE, 60 * Picture.SCALE) != red);
        assertEquals(red, image.getRGB(236 * Picture.SCALE, 60 * Picture.SCALE));
    }

    @Test
    void aDrawingNeedsATitleAndASize() {
        assertThrows(IllegalArgumentException.class, () -> new Schematic(" ", 10, 10));
        assertThrows(IllegalArgumentException.class, () -> new Schematic("x", 0, 10));
    }
}

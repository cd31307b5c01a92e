package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import org.junit.jupiter.api.Test;

class SchematicTest {
    /** The six places where a memory can live, as the start notebook draws them. */
    static Schematic sixPlaces() {
        var d = new Schematic("Six places where a memory can live", 1000, 560);
        Color weights = Palette.GREEN, cache = Palette.ORANGE, attention = Palette.VERMILLION;
        Color input = Palette.SKY, stream = Palette.PURPLE, prompt = Palette.BLUE;
        d.frame(400, 60, 390, 300, "one of N layers");
        var text = d.box(30, 190, 110, 70, "prompt", "text in", prompt);
        var ids = d.box(170, 200, 80, 50, "tokens", "ids");
        var embed = d.box(280, 190, 90, 70, "input\nembedding", "", input);
        var attend = d.box(430, 190, 130, 70, "attention", "reads keys, values", attention);
        var kv = d.box(430, 100, 130, 56, "KV cache", "of the running text", cache);
        var rows = d.box(430, 292, 130, 52, "other texts", "keys and values", attention);
        var mlp = d.box(620, 190, 140, 70, "residual stream", "hidden state + MLP", stream);
        var matrices = d.box(620, 100, 140, 56, "weights", "W of each layer", weights);
        var slots = d.box(620, 292, 140, 52, "slots", "gated read", stream);
        var head = d.box(825, 190, 80, 70, "head", "logits");
        var out = d.box(930, 200, 50, 50, "next\ntoken", "");
        d.arrow(text, ids, "");
        d.arrow(ids, embed, "");
        d.arrow(embed, attend, "");
        d.arrow(attend, mlp, "");
        d.arrow(mlp, head, "");
        d.arrow(head, out, "");
        d.arrow(kv, attend, "", cache);
        d.arrow(rows, attend, "", attention);
        d.arrow(matrices, mlp, "", weights);
        d.arrow(slots, mlp, "", stream);
        return d;
    }

    @Test
    void theSixPlacesAreDrawn() {
        Schematic drawing = sixPlaces();
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

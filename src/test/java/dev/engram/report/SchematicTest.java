package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import org.junit.jupiter.api.Test;

class SchematicTest {
    /** The six places where a memory can live, as the start notebook draws them. */
    static Schematic sixPlaces() {
        var d = new Schematic("Six places where a memory can live", 1000, 640);
        Color[] colour = {Palette.GREEN, Palette.ORANGE, Palette.VERMILLION, Palette.SKY, Palette.PURPLE, Palette.BLUE};
        d.frame(385, 44, 420, 406, "one of N layers");
        var tokens = d.box(140, 262, 75, 56, "tokens", "numbers");
        var attention = d.box(405, 172, 255, 48, "attention", "looks up what came before");
        var mlp = d.box(680, 172, 105, 48, "MLP", "");
        var stream = d.box(405, 268, 380, 44, "residual stream", "one vector per token");
        var head = d.box(832, 262, 68, 56, "head", "scores");
        var next = d.box(925, 262, 60, 56, "next\ntoken", "");
        var prompt = d.box(20, 262, 95, 56, "prompt", "text");
        var embedding = d.box(240, 262, 118, 56, "input\nembedding", "");
        var memory = new Schematic.Box[] {
            d.box(620, 372, 165, 58, "weights", "of every layer", colour[0]),
            d.box(405, 82, 118, 52, "KV cache", "of this text", colour[1]),
            d.box(540, 82, 120, 52, "keys, values", "of other texts", colour[2]),
            d.box(240, 152, 118, 56, "one vector", "for a whole text", colour[3]),
            d.box(405, 372, 165, 58, "memory slots", "read through a gate", colour[4]),
            d.box(20, 152, 95, 56, "stores", "found text", colour[5])
        };
        var row = java.util.List.of(prompt, tokens, embedding, stream, head, next);
        for (int i = 1; i < row.size(); i++) d.arrow(row.get(i - 1), row.get(i), "");
        var place = new Schematic.Box[] {null, attention, attention, embedding, stream, prompt};
        for (int i = 1; i < 6; i++) d.arrow(memory[i], place[i], "", colour[i]);
        d.exchange(attention, stream);
        d.exchange(mlp, stream);
        String[] what = {
            "weights: a gradient step\nSFT, LoRA, last-layer tuning",
                    "KV cache: the running text, kept or forgotten" + "\nEbbinghaus and its rivals",
                    "attention: other texts, written once, read by attention\nMemory3",
            "input embedding: a vector in place of a token\nrecall token",
                    "residual stream: a gated read from slots" + "\nLMCODE",
                    "prompt: text\nRAG, short-, mid- and long-term stores"
        };
        for (int i = 0; i < 6; i++) {
            d.badge(memory[i].x(), memory[i].y(), i + 1, colour[i]);
            d.badge(60 + i / 3 * 480, 492 + i % 3 * 52, i + 1, colour[i]);
            d.note(84 + i / 3 * 480, 489 + i % 3 * 52, what[i]);
        }
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

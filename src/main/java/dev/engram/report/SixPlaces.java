package dev.engram.report;

import dev.engram.report.Schematic.Box;
import java.awt.Color;
import java.util.List;

/** The drawing that orders this project: a transformer and the six places in it where a memory can live. */
public final class SixPlaces {
    private static final List<Color> COLOURS =
            List.of(Palette.GREEN, Palette.ORANGE, Palette.VERMILLION, Palette.SKY, Palette.PURPLE, Palette.BLUE);

    /** By number: what a memory is at this place, and which systems and notebooks are about it. */
    private static final List<String> LEGEND = List.of(
            "weights: a gradient step\nSFT, LoRA, last-layer tuning: notebooks 10, 11",
            "KV cache: the running text, kept or forgotten\nEbbinghaus and its rivals: notebooks 01 to 03",
            "attention: other texts, written once, read by attention\nMemory3: notebooks 06 to 08",
            "input embedding: a vector in place of a token\nrecall token: notebooks 04, 05",
            "residual stream: a gated read from slots\nLMCODE: notebook 09",
            "prompt: text\nRAG, short-, mid- and long-term stores: notebooks 10, 11");

    private SixPlaces() {}

    /** A new copy of the drawing. */
    public static Schematic drawing() {
        Schematic d = new Schematic("Six places where a memory can live", 1000, 640);
        d.frame(385, 44, 420, 406, "one of L layers");
        Box attention = d.box(405, 172, 255, 48, "attention", "looks up what came before");
        Box mlp = d.box(680, 172, 105, 48, "MLP", "");
        Box stream = d.box(405, 268, 380, 44, "residual stream", "one vector per token");
        Box prompt = d.box(20, 262, 95, 56, "prompt", "text");
        Box embedding = d.box(240, 262, 118, 56, "input\nembedding", "");
        List<Box> line = List.of(
                prompt,
                d.box(140, 262, 75, 56, "tokens", "numbers"),
                embedding,
                stream,
                d.box(832, 262, 68, 56, "head", "scores"),
                d.box(925, 262, 60, 56, "next\ntoken", ""));
        for (int i = 1; i < line.size(); i++) {
            d.arrow(line.get(i - 1), line.get(i), "");
        }
        d.exchange(attention, stream);
        d.exchange(mlp, stream);
        List<Box> memory = List.of(
                d.box(620, 372, 165, 58, "weights", "of every layer", COLOURS.get(0)),
                d.box(405, 82, 118, 52, "KV cache", "of this text", COLOURS.get(1)),
                d.box(540, 82, 120, 52, "keys, values", "of other texts", COLOURS.get(2)),
                d.box(240, 152, 118, 56, "one vector", "for a whole text", COLOURS.get(3)),
                d.box(405, 372, 165, 58, "memory slots", "read through a gate", COLOURS.get(4)),
                d.box(20, 152, 95, 56, "stores", "found text", COLOURS.get(5)));
        // The weights are everywhere in the frame, so no arrow leads from them.
        List<Box> place = List.of(attention, attention, embedding, stream, prompt);
        for (int i = 0; i < place.size(); i++) {
            d.arrow(memory.get(i + 1), place.get(i), "", COLOURS.get(i + 1));
        }
        for (int i = 0; i < memory.size(); i++) {
            d.badge(memory.get(i).x(), memory.get(i).y(), i + 1, COLOURS.get(i));
            d.badge(60 + i / 3 * 480, 492 + i % 3 * 52, i + 1, COLOURS.get(i));
            d.note(84 + i / 3 * 480, 489 + i % 3 * 52, LEGEND.get(i));
        }
        return d;
    }
}

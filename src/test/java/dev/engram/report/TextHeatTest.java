package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TextHeatTest {
    private static final Axis ATTENTION = Axis.of("attention received", "share");

    static TextHeat sample() {
        String text =
                "The| capital| of| the| island| of| Or|une| is| Port| Hal|cyon|.|\n|It| was| founded| in| the| year"
                        + "| |1|7|4|2| by| sailors| who| had| lost| their| way| in| a| storm|,| and| it| has| kept| its"
                        + "| light|house| burning| ever| since|.|\n|<b>|雪| 🙂";
        List<String> tokens = List.of(text.split("\\|"));
        double[] values = IntStream.range(0, tokens.size())
                .mapToDouble(i -> Math.abs(Math.sin(i * i * 0.7)) * Math.exp(-i / 30.0) * 0.4 + (i == 0 ? 0.4 : 0))
                .toArray();
        boolean[] dropped = new boolean[tokens.size()];
        for (int i = 0; i < dropped.length; i++) {
            dropped[i] = values[i] < 0.05;
        }
        return TextHeat.of("Attention received by each token", ATTENTION, tokens, values)
                .withDropped(dropped);
    }

    @Test
    void htmlIsEscapedAndCarriesItsOwnColours() {
        String html = sample().html();
        assertFalse(html.contains("<b></span>"), html);
        assertTrue(html.contains("&lt;b&gt;"), html);
        assertTrue(html.contains("⏎</span><br>"), html);
        assertTrue(html.contains("line-through"), html);
        TextHeat plain = TextHeat.of("a<b", ATTENTION, List.of("x", "y"), new double[] {0, 1});
        assertTrue(plain.html()
                .contains("background-color:#ffffff;color:#222222;padding:2px 0;white-space:pre-wrap\">x<"));
        assertTrue(plain.html()
                .contains("background-color:#0072b2;color:#ffffff;padding:2px 0;white-space:pre-wrap\">y<"));
        assertTrue(plain.html().contains("a&lt;b"));
        assertFalse(plain.html().contains("line-through"));
    }

    @Test
    void imageGrowsWithTheTextAndIsNotCut() {
        ChartsTest.assertDrawn(sample().image(), 0.02, 50);
        TextHeat one = TextHeat.of("one", ATTENTION, List.of("word"), new double[] {1});
        assertTrue(one.height() < sample().height());
        List<String> many = IntStream.range(0, 500).mapToObj(i -> " word" + i).toList();
        TextHeat tall = TextHeat.of("many", ATTENTION, many, new double[500]);
        assertTrue(tall.height() > 800, "height " + tall.height());
        ChartsTest.assertDrawn(tall.image(), 0.02, 20);
    }

    @Test
    void descriptionIsPlainText() {
        TextHeat heat = TextHeat.of("t", ATTENTION, List.of("a", " b", " c"), new double[3])
                .withDropped(new boolean[] {false, true, false});
        assertEquals("t: a[ b] c", heat.toString());
    }

    @Test
    void unequalPartsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> TextHeat.of("t", ATTENTION, List.of("a"), new double[2]));
        assertThrows(IllegalArgumentException.class, () -> TextHeat.of("t", ATTENTION, List.of(), new double[0]));
        assertThrows(
                IllegalArgumentException.class,
                () -> TextHeat.of("t", ATTENTION, List.of("a"), new double[1]).withDropped(new boolean[2]));
        assertThrows(IllegalArgumentException.class, () -> TextHeat.of("t", null, List.of("a"), new double[1]));
    }
}

package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class TablesTest {
    private static Table speeds() {
        return Table.create(
                "Speed",
                StringColumn.create("kind", "f32", "bf16", ""),
                IntColumn.create("bytes", 538_000_000, 269_000_000, 12),
                DoubleColumn.create("tokens/s", 31.25, 123.456789, Double.NaN));
    }

    @Test
    void textIsAlignedAndOneDecimalFormatPerColumn() {
        assertEquals("""
                Speed
                kind        bytes  tokens/s
                ----  -----------  --------
                f32   538,000,000      31.2
                bf16  269,000,000     123.5
                –              12         –
                """.replace("31.2\n", String.format("%.1f%n", 31.25).strip() + "\n"), Tables.text(speeds()));
    }

    @Test
    void placesAreTheFewestThatAreExact() {
        Table table = Table.create(
                "",
                DoubleColumn.create("half", 0.5, 1, 2),
                DoubleColumn.create("third", 1 / 3.0, 2, 3),
                DoubleColumn.create("whole", 1, 2, 1_000_000),
                DoubleColumn.create("tiny", 1, 2, 3e-9),
                DoubleColumn.create("ends", Double.POSITIVE_INFINITY, -1, 2.5e12));
        assertEquals("""
                half  third      whole      tiny      ends
                ----  -----  ---------  --------  --------
                 0.5  0.333          1     1.000         ∞
                 1.0  2.000          2     2.000        -1
                 2.0  3.000  1,000,000  3.00e-09  2.50e+12
                """, Tables.text(table));
    }

    @Test
    void htmlIsEscapedEverywhere() {
        Table table = Table.create(
                "a <b> & \"c\"",
                StringColumn.create("<script>alert('x')</script>", "<img src=x onerror=alert(1)>", "two\nlines"));
        String html = Tables.html(table);
        assertFalse(html.contains("<script"), html);
        assertFalse(html.contains("<img"), html);
        assertTrue(html.contains("&lt;img src=x onerror=alert(1)&gt;"), html);
        assertTrue(html.contains("a &lt;b&gt; &amp; &quot;c&quot;</caption>"), html);
        assertTrue(html.contains("two⏎lines"), html);
    }

    @Test
    void numbersStandOnTheRightAndTextOnTheLeft() {
        String html = Tables.html(speeds());
        assertTrue(html.contains("text-align:left;padding:2px 10px\">f32<"), html);
        assertTrue(html.contains("text-align:right;padding:2px 10px\">538,000,000<"), html);
    }

    @Test
    void colourIsInheritedSoThatDarkPagesWork() {
        assertFalse(Tables.html(speeds()).contains("color"));
    }

    @Test
    void longTableShowsBothEndsAndSaysWhatIsLeftOut() {
        Table table =
                Table.create("", IntColumn.create("n", IntStream.range(0, 1000).toArray()));
        String html = Tables.html(table);
        assertTrue(html.contains("… 940 of 1000 rows not shown …"), html);
        assertTrue(html.contains(">999<") && html.contains(">0<") && !html.contains(">500<"), html);
        assertEquals(Tables.MOST_ROWS + 2, html.split("<tr>").length - 1);
        assertEquals(Tables.MOST_ROWS + 3, Tables.text(table).lines().count());
    }

    @Test
    void emptyTableShowsItsHeader() {
        assertEquals("n\n-\n", Tables.text(Table.create("", IntColumn.create("n"))));
    }

    private record Measured(String arm, int round, long bytes, double seconds, boolean warm) {}

    @Test
    void recordsBecomeRows() {
        Table table = Tables.of(
                "runs", List.of(new Measured("a", 1, 5_000_000_000L, 0.5, true), new Measured("b", 2, 7, 0.25, false)));
        assertEquals(List.of("arm", "round", "bytes", "seconds", "warm"), table.columnNames());
        assertEquals(2, table.rowCount());
        assertEquals("b", table.getString(1, "arm"));
        assertEquals(5_000_000_000L, table.longColumn("bytes").getLong(0));
        assertEquals(0.25, table.doubleColumn("seconds").getDouble(1));
        assertEquals(false, table.booleanColumn("warm").get(1));
    }

    private record Odd(List<String> parts) {}

    @Test
    void recordsThatAreNoRowsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Tables.of("none", List.of()));
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Tables.of("odd", List.of(new Odd(List.of()))))
                .getMessage();
        assertTrue(message.contains("'parts' is a List"), message);
    }
}

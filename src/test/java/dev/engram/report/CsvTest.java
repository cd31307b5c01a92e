package dev.engram.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class CsvTest {
    @TempDir
    Path folder;

    @Test
    void doublesComeBackBitForBit() {
        Random random = new Random(5);
        double[] values = DoubleStream.concat(
                        DoubleStream.of(
                                0.0,
                                -0.0,
                                0.1,
                                1 / 3.0,
                                Double.MIN_VALUE,
                                Double.MAX_VALUE,
                                Double.MIN_NORMAL,
                                Double.POSITIVE_INFINITY,
                                Double.NEGATIVE_INFINITY,
                                Double.NaN,
                                1e23,
                                5),
                        DoubleStream.generate(() -> Double.longBitsToDouble(random.nextLong()))
                                .limit(20_000))
                .toArray();
        Path file = folder.resolve("x.csv");
        Csv.write(file, Table.create("t", DoubleColumn.create("v", values)));
        DoubleColumn back = Csv.read(file).doubleColumn("v");
        assertEquals(values.length, back.size());
        for (int i = 0; i < values.length; i++) {
            assertEquals(Double.doubleToLongBits(values[i]), Double.doubleToLongBits(back.getDouble(i)), "value " + i);
        }
    }

    @Test
    void typesAndAwkwardTextComeBack() {
        List<String> texts =
                List.of("plain", "a,b", "say \"hi\"", "two\nlines", "cr\r\nlf", " blank ", "", "雪 🙂", "#x");
        Table table = Table.create(
                "t",
                StringColumn.create("text", texts),
                StringColumn.create(
                        "code", Stream.generate(() -> "007").limit(9).toList()),
                IntColumn.create("i", 1, -2, 3, 4, 5, 6, 7, 8, Integer.MAX_VALUE),
                LongColumn.create("l", 1L << 40, 2, 3, 4, 5, 6, 7, 8, 9),
                DoubleColumn.create("whole", 1, 2, 3, 4, 5, 6, 7, 8, Double.NaN),
                BooleanColumn.create("b", true, false, true, true, true, true, true, true, true));
        table.intColumn("i").setMissing(3);
        Path file = folder.resolve("deep/er/t.csv");
        Csv.write(file, table);
        Table back = Csv.read(file);
        assertEquals(List.of(table.types()), List.of(back.types()));
        for (int c = 0; c < table.columnCount(); c++) {
            assertEquals(
                    table.column(c).asList(),
                    back.column(c).asList(),
                    table.column(c).name());
        }
    }

    @Test
    void singleColumnOfEmptyCellsKeepsItsRows() {
        Path file = folder.resolve("e.csv");
        Csv.write(file, Table.create("t", StringColumn.create("a", "", "x", "")));
        assertEquals(3, Csv.read(file).rowCount());
    }

    @Test
    void aTypeMayBeGiven() {
        Path file = folder.resolve("a.csv");
        Csv.write(file, Table.create("t", StringColumn.create("answer", "12", "13")));
        assertEquals(ColumnType.INTEGER, Csv.read(file).column("answer").type());
        Table text = Csv.read(file, Map.of("answer", ColumnType.STRING));
        assertEquals("12", text.stringColumn("answer").get(0));
    }

    @Test
    void badFilesGiveOneClearSentence() throws IOException {
        Path file = folder.resolve("bad.csv");
        assertMessage("does not exist", () -> Csv.read(file));
        Files.writeString(file, "");
        assertMessage("is empty", () -> Csv.read(file));
        Files.writeString(file, "a,b\n1,2\n3\n");
        assertMessage("row 3, has 1 cells and the header 2", () -> Csv.read(file));
        Files.writeString(file, "a,b\n1,\"2\n");
        assertMessage("cannot be read as CSV", () -> Csv.read(file));
        Files.write(file, new byte[] {'a', '\n', (byte) 0xff});
        assertMessage("cannot be read as CSV", () -> Csv.read(file));
        Files.writeString(file, "a\nx\n");
        assertMessage("not of type INTEGER", () -> Csv.read(file, Map.of("a", ColumnType.INTEGER)));
        assertMessage("has no column 'z'", () -> Csv.read(file, Map.of("z", ColumnType.STRING)));
    }

    private void assertMessage(String part, Runnable action) {
        String message =
                assertThrows(IllegalArgumentException.class, action::run).getMessage();
        assertTrue(message.contains(part) && message.contains("bad.csv"), message);
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNoScraps() throws IOException {
        Path file = folder.resolve("t.csv");
        Csv.write(file, Table.create("t", IntColumn.create("a", new int[] {1})));
        // A folder of the same name cannot be replaced by a file.
        Path blocked = folder.resolve("blocked");
        Files.createDirectories(blocked.resolve("inside"));
        assertThrows(
                UncheckedIOException.class,
                () -> Csv.write(blocked, Table.create("t", IntColumn.create("a", new int[] {2}))));
        assertTrue(Files.isDirectory(blocked.resolve("inside")));
        try (Stream<Path> all = Files.list(folder)) {
            assertEquals(2, all.count());
        }
    }
}

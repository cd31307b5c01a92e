package dev.engram.report;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * Tables as CSV files (RFC 4180 quoting, UTF-8, line feeds, a header line). Doubles come back bit for bit, NaN as missing. A
 * missing decimal is written {@code NaN}, any other missing value as an empty cell.
 */
public final class Csv {
    private static final CSVFormat WRITTEN =
            CSVFormat.RFC4180.builder().setRecordSeparator('\n').get();

    /** No leading zeros: {@code 007} is a name, not a number. */
    private static final Pattern WHOLE = Pattern.compile("0|-?[1-9][0-9]{0,18}");

    private static final Pattern DECIMAL =
            Pattern.compile("NaN|[+-]?Infinity|[+-]?(0|[1-9][0-9]*)?(\\.[0-9]*)?([eE][+-]?[0-9]+)?");

    private Csv() {}

    /** Writes the table, replacing the file as a whole; makes missing folders. */
    public static void write(Path file, Table table) {
        StringWriter text = new StringWriter();
        try (var printer = WRITTEN.print(text)) {
            printer.printRecord(table.columnNames());
            for (int row = 0; row < table.rowCount(); row++) {
                for (Column<?> column : table.columns()) {
                    printer.print(cell(column, row));
                }
                printer.println();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        AtomicFile.write(file, text.toString());
    }

    /** Reads a table; a column's type is the narrowest of int, long, double and boolean that fits all its cells, else text. */
    public static Table read(Path file) {
        return read(file, Map.of());
    }

    /**
     * Reads a table with some types given.
     *
     * @param types column name to type (INTEGER, LONG, DOUBLE, BOOLEAN, STRING), for columns whose cells mislead: answers
     *     that all happen to be numbers, say
     */
    public static Table read(Path file, Map<String, ColumnType> types) {
        List<CSVRecord> records = records(file);
        List<String> header = records.get(0).toList();
        for (String name : types.keySet()) {
            if (!header.contains(name)) {
                throw new IllegalArgumentException(
                        file + " has no column '" + name + "'; its columns are " + String.join(", ", header) + ".");
            }
        }
        Table table = Table.create(file.getFileName().toString());
        for (int c = 0; c < header.size(); c++) {
            List<String> cells = new ArrayList<>(records.size() - 1);
            for (CSVRecord record : records.subList(1, records.size())) {
                if (record.size() != header.size()) {
                    throw new IllegalArgumentException(file + ", row " + record.getRecordNumber() + ", has "
                            + record.size() + " cells and the header " + header.size() + "; make them equal.");
                }
                cells.add(record.get(c));
            }
            ColumnType type = types.getOrDefault(header.get(c), typeOf(cells));
            try {
                table.addColumns(column(header.get(c), type, cells));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        file + ", column '" + header.get(c) + "', holds a cell that is not of type " + type.name()
                                + " (" + e.getMessage() + "); correct it or read the column as text.",
                        e);
            }
        }
        return table;
    }

    private static List<CSVRecord> records(Path file) {
        try (CSVParser parser = CSVParser.parse(Files.readString(file, StandardCharsets.UTF_8), WRITTEN)) {
            List<CSVRecord> records = parser.getRecords();
            if (records.isEmpty()) {
                throw new IllegalArgumentException(file + " is empty; a table needs at least its header line.");
            }
            return records;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(file + " does not exist; run the experiment that writes it first.", e);
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException(file + " cannot be read as CSV in UTF-8: " + e.getMessage() + ".", e);
        }
    }

    private static Object cell(Column<?> column, int row) {
        boolean missing = column.isMissing(row);
        if (column.type() == ColumnType.DOUBLE || column.type() == ColumnType.FLOAT) {
            // The shortest decimal that reads back as the same number.
            return missing ? "NaN" : column.get(row).toString();
        }
        return missing ? "" : column.get(row).toString();
    }

    private static ColumnType typeOf(List<String> cells) {
        List<String> filled = cells.stream().filter(cell -> !cell.isEmpty()).toList();
        if (filled.isEmpty()) {
            return ColumnType.STRING;
        }
        if (filled.stream().allMatch(Csv::isLong)) {
            return filled.stream().map(Long::parseLong).allMatch(v -> v > Integer.MIN_VALUE && v <= Integer.MAX_VALUE)
                    ? ColumnType.INTEGER
                    : ColumnType.LONG;
        }
        if (filled.stream().allMatch(Csv::isDouble)) {
            return ColumnType.DOUBLE;
        }
        return filled.stream().allMatch(cell -> cell.equals("true") || cell.equals("false"))
                ? ColumnType.BOOLEAN
                : ColumnType.STRING;
    }

    private static boolean isLong(String cell) {
        if (!WHOLE.matcher(cell).matches()) {
            return false;
        }
        try {
            // The smallest int and long stand for "missing" in Tablesaw, so they cannot be told apart from it.
            return Long.parseLong(cell) > Long.MIN_VALUE;
        } catch (NumberFormatException tooLong) {
            return false;
        }
    }

    private static boolean isDouble(String cell) {
        return DECIMAL.matcher(cell).matches()
                && cell.chars().anyMatch(c -> Character.isDigit(c) || c == 'N' || c == 'I');
    }

    private static Column<?> column(String name, ColumnType type, List<String> cells) {
        if (type == ColumnType.STRING) {
            return StringColumn.create(name, cells);
        }
        Column<?> column;
        if (type == ColumnType.INTEGER) {
            column = IntColumn.create(name);
        } else if (type == ColumnType.LONG) {
            column = LongColumn.create(name);
        } else if (type == ColumnType.DOUBLE) {
            column = DoubleColumn.create(name);
        } else if (type == ColumnType.BOOLEAN) {
            column = BooleanColumn.create(name);
        } else {
            throw new IllegalArgumentException("The column '" + name + "' cannot be read as " + type.name()
                    + "; use INTEGER, LONG, DOUBLE, BOOLEAN or STRING.");
        }
        cells.forEach(cell -> append(column, cell));
        return column;
    }

    private static void append(Column<?> column, String cell) {
        if (cell.isEmpty()) {
            column.appendMissing();
        } else if (column instanceof IntColumn ints) {
            ints.append(Integer.parseInt(cell));
        } else if (column instanceof LongColumn longs) {
            longs.append(Long.parseLong(cell));
        } else if (column instanceof DoubleColumn doubles) {
            doubles.append(Double.parseDouble(cell));
        } else if (column instanceof BooleanColumn booleans) {
            booleans.append(Boolean.parseBoolean(cell));
        }
    }
}

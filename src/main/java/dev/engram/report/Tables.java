package dev.engram.report;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * A Tablesaw table as HTML for a notebook or as aligned plain text for a terminal. Numbers stand on the right; a column of
 * decimals shows all its values with the same number of places, as few as keep four figures of the largest, or three where
 * all are shares or other numbers below 1. The files written by {@link Csv} hold the exact values.
 */
public final class Tables {
    /** A longer table shows its first rows and its last ones. */
    static final int MOST_ROWS = 60;

    private static final int LAST_ROWS = 5;
    private static final int FIGURES = 4;
    private static final String MISSING = "–";

    private Tables() {}

    /**
     * A table with one row per record and one column per component of it.
     *
     * @param name of the table, shown as its caption
     * @param rows at least one, all of one record class whose components are texts, numbers or truth values
     */
    public static Table of(String name, List<? extends Record> rows) {
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("The table '" + name + "' has no rows; give at least one record.");
        }
        Table table = Table.create(name);
        for (RecordComponent part : rows.get(0).getClass().getRecordComponents()) {
            Column<?> column = columnFor(part);
            for (Record row : rows) {
                column.appendObj(value(part, row));
            }
            table.addColumns(column);
        }
        return table;
    }

    private static Column<?> columnFor(RecordComponent part) {
        String name = part.getName();
        return switch (part.getType().getSimpleName()) {
            case "String" -> StringColumn.create(name);
            case "int", "Integer" -> IntColumn.create(name);
            case "long", "Long" -> LongColumn.create(name);
            case "double", "Double" -> DoubleColumn.create(name);
            case "boolean", "Boolean" -> BooleanColumn.create(name);
            default ->
                throw new IllegalArgumentException("The component '" + name + "' is a "
                        + part.getType().getSimpleName() + "; a table takes String, int, long, double and boolean.");
        };
    }

    private static Object value(RecordComponent part, Record row) {
        try {
            // A record of a test or a notebook cell need not be public.
            part.getAccessor().setAccessible(true);
            return part.getAccessor().invoke(row);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("The component '" + part.getName() + "' cannot be read: " + e, e);
        }
    }

    /** HTML with the table's name as caption. */
    public static String html(Table table) {
        return html(table, table.name());
    }

    /** HTML with the given caption; none if it is null or blank. Colours are inherited, so it suits light and dark pages. */
    public static String html(Table table, String caption) {
        StringBuilder html = new StringBuilder("<table style=\"border-collapse:collapse\">");
        if (caption != null && !caption.isBlank()) {
            html.append("<caption style=\"text-align:left;padding:4px 0;font-weight:bold\">");
            html.append(escape(caption)).append("</caption>");
        }
        html.append("<thead><tr>");
        for (Column<?> column : table.columns()) {
            cell(html, "th", column, column.name());
        }
        html.append("</tr></thead><tbody>");
        View view = View.of(table);
        for (int i = 0; i < view.rows().size(); i++) {
            if (i == view.gap()) {
                html.append("<tr><td colspan=\"").append(table.columnCount()).append("\" style=\"text-align:left\">");
                html.append(view.left()).append("</td></tr>");
            }
            html.append("<tr>");
            for (int c = 0; c < table.columnCount(); c++) {
                cell(html, "td", table.column(c), view.rows().get(i).get(c));
            }
            html.append("</tr>");
        }
        return html.append("</tbody></table>").toString();
    }

    /** Aligned plain text: the table's name, a header, a rule and the rows; ends with a line feed. */
    public static String text(Table table) {
        View view = View.of(table);
        StringBuilder text = new StringBuilder();
        if (table.name() != null && !table.name().isBlank()) {
            text.append(table.name()).append('\n');
        }
        int[] widths = new int[table.columnCount()];
        for (int c = 0; c < widths.length; c++) {
            int column = c;
            widths[c] = Math.max(
                    length(table.column(c).name()),
                    view.rows().stream()
                            .mapToInt(row -> length(row.get(column)))
                            .max()
                            .orElse(0));
        }
        line(text, table, widths, table.columnNames());
        text.append(
                String.join("  ", Arrays.stream(widths).mapToObj("-"::repeat).toList()));
        text.append('\n');
        for (int i = 0; i < view.rows().size(); i++) {
            if (i == view.gap()) {
                text.append(view.left()).append('\n');
            }
            line(text, table, widths, view.rows().get(i));
        }
        return text.toString();
    }

    /** Text that shows as itself inside HTML, also inside a quoted attribute. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /** The rows to show, as text, and before which of them rows were left out (-1: nowhere). */
    private record View(List<List<String>> rows, int gap, int total) {
        static View of(Table table) {
            int total = table.rowCount();
            boolean whole = total <= MOST_ROWS;
            int[] shown = whole
                    ? IntStream.range(0, total).toArray()
                    : IntStream.concat(
                                    IntStream.range(0, MOST_ROWS - LAST_ROWS),
                                    IntStream.range(total - LAST_ROWS, total))
                            .toArray();
            List<String[]> columns = new ArrayList<>();
            for (Column<?> column : table.columns()) {
                columns.add(print(column, shown));
            }
            List<List<String>> rows = IntStream.range(0, shown.length)
                    .mapToObj(i -> columns.stream().map(column -> column[i]).toList())
                    .toList();
            return new View(rows, whole ? -1 : MOST_ROWS - LAST_ROWS, total);
        }

        String left() {
            return "… " + (total - MOST_ROWS) + " of " + total + " rows not shown …";
        }
    }

    private static String[] print(Column<?> column, int[] shown) {
        if (!(column instanceof NumericColumn<?> numbers)) {
            return Arrays.stream(shown)
                    .mapToObj(row -> column.isMissing(row)
                            ? MISSING
                            : oneLine(column.get(row).toString()))
                    .toArray(String[]::new);
        }
        // The places are chosen from the whole column, so that a longer table does not change its look.
        double[] values = numbers.asDoubleArray();
        double largest = Arrays.stream(values)
                .map(Math::abs)
                .filter(Double::isFinite)
                .max()
                .orElse(0);
        int places = isWhole(column) ? 0 : places(values, largest);
        return Arrays.stream(shown)
                .mapToObj(
                        row -> column.isMissing(row) ? MISSING : number(column.get(row), values[row], places, largest))
                .toArray(String[]::new);
    }

    private static String number(Object exact, double value, int places, double largest) {
        if (exact instanceof Long || exact instanceof Integer || exact instanceof Short) {
            return String.format(Locale.ROOT, largest >= 10_000 ? "%,d" : "%d", ((Number) exact).longValue());
        }
        if (!Double.isFinite(value)) {
            return value > 0 ? "∞" : "-∞";
        }
        boolean vanishes = value != 0 && Math.abs(value) < 0.5 * Math.pow(10, -places);
        if (vanishes || Math.abs(value) >= 1e10) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        return String.format(Locale.ROOT, "%,." + places + "f", value);
    }

    /** The fewest decimal places that show every value exactly, or else four figures of the largest, three below 1. */
    private static int places(double[] values, double largest) {
        int figures = largest < 1 ? FIGURES - 1 : FIGURES;
        int most = largest == 0 ? 0 : figures - 1 - (int) Math.floor(Math.log10(largest));
        most = Math.max(0, Math.min(6, most));
        for (int places = 0; places < most; places++) {
            double unit = Math.pow(10, places);
            if (Arrays.stream(values).filter(Double::isFinite).allMatch(v -> Math.rint(v * unit) / unit == v)) {
                return places;
            }
        }
        return most;
    }

    private static boolean isWhole(Column<?> column) {
        return !List.of("DOUBLE", "FLOAT").contains(column.type().name());
    }

    private static void cell(StringBuilder html, String tag, Column<?> column, String text) {
        String side = column instanceof NumericColumn<?> ? "right" : "left";
        html.append('<').append(tag).append(" style=\"text-align:").append(side);
        html.append(";padding:2px 10px\">")
                .append(escape(text))
                .append("</")
                .append(tag)
                .append('>');
    }

    private static void line(StringBuilder text, Table table, int[] widths, List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < widths.length; c++) {
            String room = " ".repeat(widths[c] - length(cells.get(c)));
            line.append(c == 0 ? "" : "  ");
            line.append(table.column(c) instanceof NumericColumn<?> ? room + cells.get(c) : cells.get(c) + room);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }

    private static String oneLine(String text) {
        return text.replace("\r", "").replace('\n', '⏎').replace('\t', ' ');
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}

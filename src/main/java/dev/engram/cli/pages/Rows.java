package dev.engram.cli.pages;

import dev.engram.eval.Interval;
import dev.engram.model.BadInputException;
import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.Table;

/** The rows of one file of results, found by what stands in their columns. */
final class Rows {
    private final Path file;
    private final Table table;

    private Rows(Path file) {
        this.file = file;
        this.table = Csv.read(file);
    }

    static Rows of(Path file) {
        return new Rows(file);
    }

    /** One row of the table. */
    record Row(Table table, int index) {
        String text(String column) {
            return table.column(column).getString(index);
        }

        double number(String column) {
            return ((NumericColumn<?>) table.column(column)).getDouble(index);
        }

        /** With this many decimal places. */
        String fixed(String column, int places) {
            return Rows.fixed(number(column), places);
        }

        /** For example {@code 0.975 [0.950, 0.995]}. */
        String interval(String value, String low, String high, int places) {
            return fixed(value, places) + " [" + fixed(low, places) + ", " + fixed(high, places) + "]";
        }

        private boolean fits(String[] wanted) {
            return IntStream.range(0, wanted.length / 2)
                    .allMatch(i -> text(wanted[2 * i]).equals(wanted[2 * i + 1]));
        }
    }

    /** The rows that have these values, given as column, value, column, value ... */
    List<Row> all(String... wanted) {
        return IntStream.range(0, table.rowCount())
                .mapToObj(i -> new Row(table, i))
                .filter(row -> row.fits(wanted))
                .toList();
    }

    /** The only row that has these values. */
    Row one(String... wanted) {
        List<Row> found = all(wanted);
        if (found.size() != 1) {
            throw new BadInputException(file + " has " + found.size() + " rows with " + String.join(" ", wanted)
                    + ", and a page needs one; run the experiment again or change the page.");
        }
        return found.get(0);
    }

    /** For example {@code 0.97 [0.95, 0.99]}; a dash where nothing was measured. */
    static String interval(Interval i, int places) {
        return Double.isNaN(i.mean())
                ? "–"
                : fixed(i.mean(), places) + " [" + fixed(i.low(), places) + ", " + fixed(i.high(), places) + "]";
    }

    static String fixed(double value, int places) {
        return String.format(Locale.ROOT, "%." + places + "f", value).replace('-', '−');
    }
}

package dev.engram.explicit.published;

import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.List;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/**
 * The tables of data/published that begin with {@code memory3-}.
 *
 * @param general the blog's table 5.1
 * @param professional 5.2
 * @param hallucination 5.3
 * @param speed 5.4
 * @param ablation the paper's rows with and without memory
 * @param paper single figures of the paper's longer tables
 */
record PublishedTables(
        Table general, Table professional, Table hallucination, Table speed, Table ablation, Table paper) {

    static PublishedTables read(Path folder) {
        return new PublishedTables(
                Csv.read(folder.resolve("memory3-general.csv")),
                Csv.read(folder.resolve("memory3-professional.csv")),
                Csv.read(folder.resolve("memory3-hallucination.csv")),
                Csv.read(folder.resolve("memory3-speed.csv")),
                Csv.read(folder.resolve("memory3-ablation.csv")),
                Csv.read(folder.resolve("memory3-paper.csv")));
    }

    /** A model's value; NaN where the cell is empty. */
    static double value(Table table, String model, String column) {
        for (Row row : table) {
            if (row.getString("model").equals(model)) {
                return row.isMissing(column) ? Double.NaN : row.getNumber(column);
            }
        }
        throw new IllegalArgumentException("The table " + table.name() + " has no model '" + model + "'.");
    }

    /** A single figure of the paper. */
    double paper(String model, String measure) {
        for (Row row : paper) {
            if (row.getString("model").equals(model) && row.getString("measure").equals(measure)) {
                return row.getNumber("value");
            }
        }
        throw new IllegalArgumentException("memory3-paper.csv has no '" + measure + "' of '" + model + "'.");
    }

    /** Place of a model in a column, 1 for the largest value. */
    static int place(Table table, String model, String column) {
        double own = value(table, model, column);
        int place = 1;
        for (String other : table.stringColumn("model")) {
            place += value(table, other, column) > own ? 1 : 0;
        }
        return place;
    }

    /** The largest value of all models but one. */
    static double bestOther(Table table, String model, String column) {
        double best = Double.NEGATIVE_INFINITY;
        for (String other : table.stringColumn("model")) {
            double value = value(table, other, column);
            best = !other.equals(model) && value > best ? value : best;
        }
        return best;
    }

    /** Mean of a model's values in these columns, empty cells left out. */
    static double mean(Table table, String model, List<String> columns) {
        return columns.stream()
                .mapToDouble(c -> value(table, model, c))
                .filter(v -> !Double.isNaN(v))
                .average()
                .orElse(Double.NaN);
    }
}

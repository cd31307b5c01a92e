package dev.engram.eval;

import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Means of rows by group, with intervals over the column {@code unit}: the summary of most experiments. */
public final class Means {
    private Means() {}

    private record Group(List<String> keys, List<Measured> rows) {}

    private record Measured(String unit, double value) {}

    /**
     * One line for each combination of keys, in order of first appearance: keys, rows, mean, low, high. Rows without a number are left out.
     *
     * @param rows with a column {@code unit} of what is resampled as a whole
     * @param value numeric column
     * @param keys columns that name a group
     */
    public static Table of(Table rows, String value, Bootstrap bootstrap, String... keys) {
        Map<String, Group> groups = new LinkedHashMap<>();
        for (Row r : rows) {
            List<String> own = new ArrayList<>();
            for (String key : keys) {
                own.add(String.valueOf(r.getObject(key)));
            }
            double measured = r.getNumber(value);
            if (!Double.isNaN(measured)) {
                groups.computeIfAbsent(String.join("\t", own), k -> new Group(own, new ArrayList<>()))
                        .rows
                        .add(new Measured(String.valueOf(r.getObject("unit")), measured));
            }
        }
        Table table = Table.create(value);
        for (String key : keys) {
            table.addColumns(StringColumn.create(key));
        }
        table.addColumns(
                IntColumn.create("rows"),
                DoubleColumn.create("mean"),
                DoubleColumn.create("low"),
                DoubleColumn.create("high"));
        for (Group g : groups.values()) {
            Interval interval = bootstrap.mean(Bootstrap.byUnit(g.rows, Measured::unit, Measured::value));
            for (int k = 0; k < keys.length; k++) {
                table.stringColumn(keys[k]).append(g.keys.get(k));
            }
            table.intColumn("rows").append(g.rows.size());
            table.doubleColumn("mean").append(interval.mean());
            table.doubleColumn("low").append(interval.low());
            table.doubleColumn("high").append(interval.high());
        }
        return table;
    }

    /** The mean of one group; a group that is missing is refused. */
    public static double mean(Table means, String... keys) {
        for (Row r : means) {
            boolean all = true;
            for (int k = 0; k < keys.length; k++) {
                all &= r.getString(k).equals(keys[k]);
            }
            if (all) {
                return r.getDouble("mean");
            }
        }
        throw new IllegalArgumentException(
                "There is no group " + String.join(", ", keys) + " in\n" + Tables.text(means));
    }
}

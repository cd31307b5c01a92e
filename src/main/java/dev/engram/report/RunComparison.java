package dev.engram.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * Two tables of the same experiment side by side. Rows belong together if they say the same in their key: the columns of text
 * and truth values, and then whole numbers and decimals from the left, as many as it takes until no key stands twice in
 * either table. All other numbers are measured.
 *
 * <p>A measured number has a stated interval if there are columns for its ends: {@code value, low, high}, or {@code nll,
 * nllLow, nllHigh}, or {@code ratio, ratio_least, ratio_largest}, or {@code min, median, max}; or if the cell itself says
 * {@code 0.5 [0.4, 0.6]}.
 *
 * <p>What a clock measured, as the run itself says ({@link RunFolder#clock}), is stated to a factor of {@link #CLOCK} between two
 * runs: the interval of one run's rounds does not know how busy the machine is in another hour.
 */
public final class RunComparison {
    /** Two measured values: {@code INSIDE} means that each lies in the other's interval. */
    public enum Verdict {
        EQUAL,
        INSIDE,
        OUTSIDE,
        /** Different, and no interval is stated. */
        NO_INTERVAL,
        /** Only one of the runs has this row or column. */
        ONE_SIDED
    }

    /**
     * One measured number in both runs.
     *
     * @param key what the row is about, for example {@code arm=joint, seed=1}
     * @param column the measured column
     * @param a value in the first run; NaN if it has none
     * @param b value in the second run; NaN if it has none
     * @param clock whether a clock measured it
     */
    public record Cell(String key, String column, double a, double b, Verdict verdict, boolean clock) {
        /** The second minus the first. */
        public double difference() {
            return b - a;
        }
    }

    /**
     * By so much a time or speed may differ between two runs on one machine. Measured on a virtual machine with two cores: 1.4 between
     * runs without other work, 1.8 beside other work.
     */
    public static final double CLOCK = 2;

    private static final String NUMBER = "([-+−]?[0-9.]+(?:[eE][-+]?[0-9]+)?)";
    private static final Pattern WITH_INTERVAL =
            Pattern.compile(NUMBER + "(?: %)?(?: \\[" + NUMBER + ", ?" + NUMBER + "\\])?");
    private static final Pattern RANGE = Pattern.compile(NUMBER + " to " + NUMBER);

    /** Endings of the columns that hold the ends of an interval. */
    private static final List<String[]> ENDS =
            List.of(new String[] {"Low", "High"}, new String[] {"_low", "_high"}, new String[] {"_least", "_largest"});

    private RunComparison() {}

    /**
     * Compares all measured numbers; rows that are equal in every column are listed too.
     *
     * @param clock what a clock measured: names of columns, and texts that stand in a row
     */
    public static List<Cell> of(Table a, Table b, Set<String> clock) {
        Parsed first = Parsed.of(a), second = Parsed.of(b);
        List<String> keys = keys(first, second);
        Map<String, Integer> rowsA = first.rows(keys), rowsB = second.rows(keys);
        Set<String> all = new LinkedHashSet<>(rowsA.keySet());
        all.addAll(rowsB.keySet());
        Set<String> columns = new LinkedHashSet<>(first.measured(keys));
        columns.addAll(second.measured(keys));
        List<Cell> cells = new ArrayList<>();
        for (String key : all) {
            boolean timed = first.says(clock, rowsA.get(key)) || second.says(clock, rowsB.get(key));
            for (String column : columns) {
                Value va = first.value(column, rowsA.get(key)), vb = second.value(column, rowsB.get(key));
                boolean byClock = timed || clock.contains(column);
                Verdict verdict = byClock ? va.ofTheClock().against(vb.ofTheClock()) : va.against(vb);
                cells.add(new Cell(key, column, va.mean(), vb.mean(), verdict, byClock));
            }
        }
        return cells;
    }

    /** Columns that tell the rows of both tables apart, or else those that do so best. */
    private static List<String> keys(Parsed a, Parsed b) {
        List<String> keys = new ArrayList<>(a.shared(b, Kind.TEXT));
        for (Kind kind : List.of(Kind.WHOLE, Kind.DECIMAL)) {
            for (String column : a.shared(b, kind)) {
                if (a.distinct(keys) && b.distinct(keys)) {
                    return keys;
                }
                keys.add(column);
            }
        }
        return keys;
    }

    private enum Kind {
        TEXT,
        WHOLE,
        DECIMAL,
        INTERVAL
    }

    /** A number with its interval; without one the ends are missing. */
    private record Value(double mean, double low, double high) {
        static final Value NONE = new Value(Double.NaN, Double.NaN, Double.NaN);

        Verdict against(Value other) {
            if (Double.isNaN(mean) || Double.isNaN(other.mean)) {
                return Double.isNaN(mean) && Double.isNaN(other.mean) ? Verdict.EQUAL : Verdict.ONE_SIDED;
            }
            if (mean == other.mean) {
                return Verdict.EQUAL;
            }
            if (Double.isNaN(low) || Double.isNaN(other.low)) {
                return Verdict.NO_INTERVAL;
            }
            return holds(other.mean) && other.holds(mean) ? Verdict.INSIDE : Verdict.OUTSIDE;
        }

        Value ofTheClock() {
            return new Value(mean, mean / CLOCK, mean * CLOCK);
        }

        private boolean holds(double value) {
            return low <= value && value <= high;
        }
    }

    /** A table whose texts like {@code 0.5 [0.4, 0.6]} are read as numbers, and whose ends of intervals are known. */
    private record Parsed(
            Table table, Map<String, Kind> kinds, Map<String, String[]> ends, Map<String, Value[]> texts) {
        static Parsed of(Table table) {
            Map<String, Value[]> texts = new HashMap<>();
            Map<String, Kind> kinds = new LinkedHashMap<>();
            for (Column<?> column : table.columns()) {
                if (column instanceof StringColumn text && values(text) != null) {
                    texts.put(column.name(), values(text));
                    kinds.put(column.name(), Kind.INTERVAL);
                } else if (column instanceof StringColumn || column instanceof BooleanColumn) {
                    kinds.put(column.name(), Kind.TEXT);
                } else {
                    kinds.put(column.name(), column instanceof DoubleColumn ? Kind.DECIMAL : Kind.WHOLE);
                }
            }
            Map<String, String[]> ends = ends(table.columnNames());
            ends.values().forEach(pair -> {
                for (String end : pair) {
                    kinds.remove(end);
                }
            });
            return new Parsed(table, kinds, ends, texts);
        }

        /** Values of a column of texts, or null if one of them is no number. */
        private static Value[] values(StringColumn column) {
            Value[] values = new Value[column.size()];
            for (int i = 0; i < values.length; i++) {
                Matcher single = WITH_INTERVAL.matcher(column.get(i)), range = RANGE.matcher(column.get(i));
                if (single.matches()) {
                    values[i] = new Value(number(single.group(1)), number(single.group(2)), number(single.group(3)));
                } else if (range.matches()) {
                    double low = number(range.group(1)), high = number(range.group(2));
                    values[i] = new Value((low + high) / 2, low, high);
                } else {
                    return null;
                }
            }
            return values.length == 0 ? null : values;
        }

        private static double number(String text) {
            return text == null ? Double.NaN : Double.parseDouble(text.replace('−', '-'));
        }

        private static Map<String, String[]> ends(List<String> names) {
            Map<String, String[]> ends = new HashMap<>();
            for (String name : names) {
                for (String[] ending : ENDS) {
                    if (names.contains(name + ending[0]) && names.contains(name + ending[1])) {
                        ends.put(name, new String[] {name + ending[0], name + ending[1]});
                    }
                }
            }
            // Plain low and high belong to the column before them.
            if (names.contains("low") && names.contains("high") && names.indexOf("low") > 0) {
                ends.put(names.get(names.indexOf("low") - 1), new String[] {"low", "high"});
            }
            if (names.contains("min") && names.contains("median") && names.contains("max")) {
                ends.put("median", new String[] {"min", "max"});
            }
            return ends;
        }

        List<String> shared(Parsed other, Kind kind) {
            return kinds.keySet().stream()
                    .filter(name -> kinds.get(name) == kind && other.kinds.get(name) != null)
                    .filter(name -> !ends.containsKey(name))
                    .toList();
        }

        boolean distinct(List<String> keys) {
            Set<String> seen = new HashSet<>();
            for (int row = 0; row < table.rowCount(); row++) {
                if (!seen.add(key(keys, row))) {
                    return false;
                }
            }
            return true;
        }

        /** Row by key; the second row with the same key is told apart by a counter. */
        Map<String, Integer> rows(List<String> keys) {
            Map<String, Integer> rows = new LinkedHashMap<>();
            for (int row = 0; row < table.rowCount(); row++) {
                String key = key(keys, row), free = key;
                for (int n = 2; rows.containsKey(free); n++) {
                    free = key + " (" + n + ")";
                }
                rows.put(free, row);
            }
            return rows;
        }

        private String key(List<String> keys, int row) {
            return keys.stream()
                    .map(name -> name + "=" + table.column(name).getString(row))
                    .collect(Collectors.joining(", "));
        }

        List<String> measured(List<String> keys) {
            return kinds.keySet().stream()
                    .filter(name -> kinds.get(name) != Kind.TEXT && !keys.contains(name))
                    .toList();
        }

        Value value(String column, Integer row) {
            if (row == null || !kinds.containsKey(column) || kinds.get(column) == Kind.TEXT) {
                return Value.NONE;
            }
            if (texts.containsKey(column)) {
                return texts.get(column)[row];
            }
            String[] pair = ends.get(column);
            return pair == null
                    ? new Value(at(column, row), Double.NaN, Double.NaN)
                    : new Value(at(column, row), at(pair[0], row), at(pair[1], row));
        }

        /** Whether a row has one of these texts. */
        boolean says(Set<String> words, Integer row) {
            return row != null
                    && table.columns().stream()
                            .anyMatch(c -> kinds.get(c.name()) == Kind.TEXT && words.contains(c.getString(row)));
        }

        private double at(String column, int row) {
            return table.column(column) instanceof NumericColumn<?> numbers ? numbers.getDouble(row) : Double.NaN;
        }
    }
}

package dev.engram.train;

import dev.engram.report.Csv;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/** What a run measured, step by step: for plots, for the early stop, and to go on after an interruption. */
public final class History {
    /**
     * One step.
     *
     * @param step from 0
     * @param loss in nats, mean over the step's labelled tokens
     * @param rate learning rate of the update
     * @param gradientNorm over all parameters, before clipping
     * @param tokens fed to the model
     * @param seconds of the whole step, validation and checkpoint left out
     * @param validation loss on held-out data after the step; NaN where none was asked for
     * @param parts named parts of the loss
     */
    public record Entry(
            int step,
            double loss,
            double rate,
            double gradientNorm,
            int tokens,
            double seconds,
            double validation,
            Map<String, Double> parts) {

        public double tokensPerSecond() {
            return tokens / Math.max(seconds, 1e-9);
        }

        Entry withValidation(double value) {
            return new Entry(step, loss, rate, gradientNorm, tokens, seconds, value, parts);
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    /** All steps in order; those that a rollback took back are not among them. */
    public List<Entry> entries() {
        return Collections.unmodifiableList(entries);
    }

    /** Rollbacks, failed checkpoints, an early stop: one sentence each. */
    public List<String> remarks() {
        return Collections.unmodifiableList(remarks);
    }

    public Entry last() {
        return entries.get(entries.size() - 1);
    }

    /** Mean loss of the last {@code n} steps. */
    public double meanLoss(int n) {
        return entries.subList(Math.max(0, entries.size() - n), entries.size()).stream()
                .mapToDouble(Entry::loss)
                .average()
                .orElse(Double.NaN);
    }

    /** Seconds of all steps. */
    public double seconds() {
        return entries.stream().mapToDouble(Entry::seconds).sum();
    }

    void add(Entry entry) {
        entries.add(entry);
    }

    void replaceLast(Entry entry) {
        entries.set(entries.size() - 1, entry);
    }

    void remark(String sentence) {
        remarks.add(sentence);
    }

    /** Forgets the steps from {@code step} on. */
    void cut(int step) {
        entries.removeIf(e -> e.step() >= step);
    }

    /** Takes over what was saved; remarks made before stay. */
    void become(History saved, List<String> savedRemarks) {
        entries.clear();
        entries.addAll(saved.entries());
        List<String> made = List.copyOf(remarks);
        remarks.clear();
        remarks.addAll(savedRemarks);
        made.stream().filter(r -> !savedRemarks.contains(r)).forEach(remarks::add);
    }

    /** One row per step. */
    public Table table() {
        Table table = Table.create(
                "history",
                IntColumn.create("step"),
                DoubleColumn.create("loss"),
                DoubleColumn.create("rate"),
                DoubleColumn.create("gradient_norm"),
                IntColumn.create("tokens"),
                DoubleColumn.create("seconds"),
                DoubleColumn.create("tokens_per_second"),
                DoubleColumn.create("validation"));
        if (!entries.isEmpty()) {
            entries.get(0).parts().keySet().forEach(p -> table.addColumns(DoubleColumn.create("part_" + p)));
        }
        for (Entry e : entries) {
            Row row = table.appendRow();
            row.setInt("step", e.step());
            row.setDouble("loss", e.loss());
            row.setDouble("rate", e.rate());
            row.setDouble("gradient_norm", e.gradientNorm());
            row.setInt("tokens", e.tokens());
            row.setDouble("seconds", e.seconds());
            row.setDouble("tokens_per_second", e.tokensPerSecond());
            row.setDouble("validation", e.validation());
            e.parts().forEach((name, value) -> row.setDouble("part_" + name, value));
        }
        return table;
    }

    public void save(Path csv) {
        Csv.write(csv, table());
    }

    /** Reads what {@link #save} wrote. */
    public static History load(Path csv) {
        Table table = Csv.read(csv);
        History history = new History();
        for (Row row : table) {
            Map<String, Double> parts = new LinkedHashMap<>();
            for (String column : table.columnNames()) {
                if (column.startsWith("part_")) {
                    parts.put(column.substring("part_".length()), decimal(row, column));
                }
            }
            history.add(new Entry(
                    (int) decimal(row, "step"),
                    decimal(row, "loss"),
                    decimal(row, "rate"),
                    decimal(row, "gradient_norm"),
                    (int) decimal(row, "tokens"),
                    decimal(row, "seconds"),
                    decimal(row, "validation"),
                    parts));
        }
        return history;
    }

    /** A cell as a number, whatever type its column was read as. */
    private static double decimal(Row row, String column) {
        return row.getObject(column) instanceof Number n ? n.doubleValue() : Double.NaN;
    }
}

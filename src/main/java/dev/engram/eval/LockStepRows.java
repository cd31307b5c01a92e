package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.report.Csv;
import dev.engram.report.Tables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/**
 * Lock-step scores of many arms on many windows, in one CSV file that grows as they are measured. What the file holds is not measured
 * again, so a long run can be stopped at any time, or done in parts. One row is the mean over a block of tokens: small enough to
 * keep, fine enough for paired bootstrap intervals and for curves over depth.
 */
public final class LockStepRows {
    /** Tokens of one row. */
    public static final int BLOCK = 128;

    /** Budget of an arm that keeps all. */
    public static final double ALL = 1;

    private final Path file;
    private final int block;
    private final List<Cell> cells = new ArrayList<>();

    /**
     * One arm.
     *
     * @param policy its name
     * @param budget share of the tokens seen that it may keep, in (0, 1]
     * @param variant what else is special about it, such as other protection; the pair of a comparison has the same
     * @param make a fresh policy for one reading of the given window
     */
    public record Arm(String policy, double budget, String variant, Function<int[], ? extends CachePolicy> make) {
        private boolean is(Cell c) {
            return policy.equals(c.policy) && budget == c.budget && variant.equals(c.variant);
        }

        private String label() {
            return policy + " " + budget + " " + variant;
        }
    }

    /** Means over the {@code tokens} scored tokens from index {@code token} of a window on; see {@link Score} for the rest. */
    public record Cell(
            int window,
            String policy,
            double budget,
            String variant,
            int token,
            int tokens,
            double nll,
            double kl,
            double agreement,
            double massLost,
            double oracleLost,
            double overlap,
            double bytes) {}

    /** Takes up the file where it stands; a missing one is an empty one. */
    public LockStepRows(Path file) {
        this(file, BLOCK);
    }

    LockStepRows(Path file, int block) {
        this.file = file;
        this.block = block;
        if (Files.exists(file)) {
            for (Row r : Csv.read(file)) {
                cells.add(new Cell(
                        r.getInt("window"),
                        r.getString("policy"),
                        number(r, "budget"),
                        r.getString("variant"),
                        r.getInt("token"),
                        r.getInt("tokens"),
                        number(r, "nll"),
                        number(r, "kl"),
                        number(r, "agreement"),
                        number(r, "massLost"),
                        number(r, "oracleLost"),
                        number(r, "overlap"),
                        number(r, "bytes")));
            }
        }
    }

    /** A column of whole numbers is read as one of integers. */
    private static double number(Row row, String column) {
        return ((Number) row.getObject(column)).doubleValue();
    }

    /** Rows so far. */
    public List<Cell> cells() {
        return List.copyOf(cells);
    }

    /** The rows as a table. */
    public Table table() {
        return Tables.of("Lock-step with the full cache", cells);
    }

    /** The arms that a window still lacks. */
    public List<Arm> missing(int window, List<Arm> arms) {
        return arms.stream()
                .filter(arm -> cells.stream().noneMatch(c -> c.window == window && arm.is(c)))
                .toList();
    }

    /**
     * Measures what is missing, window by window, and writes the file after every run.
     *
     * @param together arms that run beside one full cache; more are faster and take more memory
     * @param done told after every run
     */
    public void measure(LockStep lockStep, List<int[]> windows, List<Arm> arms, int together, Runnable done) {
        if (together < 1) {
            throw new BadInputException(together + " arms cannot run together; give at least 1.");
        }
        for (int w = 0; w < windows.size(); w++) {
            int[] ids = windows.get(w);
            List<Arm> left = missing(w, arms);
            for (int at = 0; at < left.size(); at += together) {
                run(lockStep, w, ids, left.subList(at, Math.min(left.size(), at + together)));
                Csv.write(file, table());
                done.run();
            }
        }
    }

    private void run(LockStep lockStep, int window, int[] ids, List<Arm> arms) {
        Map<String, Supplier<CachePolicy>> policies = new LinkedHashMap<>();
        for (Arm arm : arms) {
            policies.put(arm.label(), () -> arm.make.apply(ids));
        }
        List<Score> scores = lockStep.stream(ids, policies);
        Arm full = new Arm(LockStep.FULL, ALL, "", null);
        if (!missing(window, List.of(full)).isEmpty()) {
            add(window, full, scores.get(0));
        }
        for (int a = 0; a < arms.size(); a++) {
            add(window, arms.get(a), scores.get(a + 1));
        }
    }

    private void add(int window, Arm arm, Score s) {
        for (int at = 0; at < s.nll().length; at += block) {
            int end = Math.min(s.nll().length, at + block);
            cells.add(new Cell(
                    window,
                    arm.policy,
                    arm.budget,
                    arm.variant,
                    s.first() + at,
                    end - at,
                    mean(s.nll(), at, end),
                    mean(s.kl(), at, end),
                    mean(s.agree(), at, end),
                    mean(s.massLost(), at, end),
                    mean(s.oracleLost(), at, end),
                    mean(s.overlap(), at, end),
                    mean(s.bytes(), at, end)));
        }
    }

    /** Six places are enough for any use of a row, and keep the file small. */
    private static double mean(double[] values, int from, int to) {
        double mean = Score.mean(Arrays.copyOfRange(values, from, to));
        return Double.isFinite(mean) ? Math.round(mean * 1e6) / 1e6 : mean;
    }

    /**
     * Means of a column of such rows, the units of {@link Bootstrap}: one per window, in their order, or with a single window
     * one per block.
     */
    public static double[] units(Table rows, String policy, double budget, String variant, String column) {
        Map<Integer, double[]> windows = new TreeMap<>();
        Map<Integer, double[]> blocks = new TreeMap<>();
        DoubleColumn values = rows.numberColumn(column).asDoubleColumn();
        for (int r = 0; r < rows.rowCount(); r++) {
            Row row = rows.row(r);
            if (row.getString("policy").equals(policy)
                    && number(row, "budget") == budget
                    && row.getString("variant").equals(variant)) {
                for (double[] sum : List.of(
                        windows.computeIfAbsent(row.getInt("window"), w -> new double[2]),
                        blocks.computeIfAbsent(row.getInt("token"), t -> new double[2]))) {
                    sum[0] += values.getDouble(r) * row.getInt("tokens");
                    sum[1] += row.getInt("tokens");
                }
            }
        }
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("No row has the policy '" + policy + "' with the budget " + budget
                    + " and the variant '" + variant + "'; measure it first.");
        }
        return (windows.size() > 1 ? windows : blocks)
                .values().stream().mapToDouble(s -> s[0] / s[1]).toArray();
    }

    /** Means over all windows of the blocks at each depth, from the beginning of the window on. */
    public static double[] byDepth(Table rows, String policy, double budget, String variant, String column) {
        Table own = rows.where(rows.stringColumn("policy")
                .isEqualTo(policy)
                .and(rows.numberColumn("budget").asDoubleColumn().isEqualTo(budget))
                .and(rows.stringColumn("variant").isEqualTo(variant)));
        Map<Integer, List<Double>> depths = new TreeMap<>();
        DoubleColumn values = own.numberColumn(column).asDoubleColumn();
        for (int r = 0; r < own.rowCount(); r++) {
            depths.computeIfAbsent(own.row(r).getInt("token"), t -> new ArrayList<>())
                    .add(values.getDouble(r));
        }
        return depths.values().stream()
                .mapToDouble(d -> d.stream().mapToDouble(v -> v).average().orElseThrow())
                .toArray();
    }
}

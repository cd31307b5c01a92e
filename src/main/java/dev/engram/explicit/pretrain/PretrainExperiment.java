package dev.engram.explicit.pretrain;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.report.Csv;
import dev.engram.report.Tables;
import dev.engram.train.History;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.Table;

/**
 * Whether two stages beat memories from the first step (paper, section 4, where the latter's gain vanishes; seed 4.1): the same tiny model,
 * texts, order and schedule; only the steps that read memories differ.
 */
public final class PretrainExperiment {
    private final PretrainSetup setup;
    private final PretrainData data;
    private final Path folder;

    /**
     * An experiment.
     *
     * @param folder where each run leaves its rows, and finds them again
     */
    public PretrainExperiment(PretrainSetup setup, PretrainData data, Path folder) {
        this.setup = setup;
        this.data = data;
        this.folder = folder;
    }

    /**
     * A measurement of a run.
     *
     * @param arm which steps read memories, and where memories stand
     * @param seed of weights and order
     * @param what text or answer
     * @param reads key of {@link Reads}
     * @param unit number of the text, or entity of the question
     * @param nll nats per predicted token
     * @param exact 1 if every predicted token is the most likely one
     */
    public record Measured(String arm, int seed, String what, String reads, String unit, double nll, double exact) {}

    /**
     * A point of a run's curve.
     *
     * @param loss mean of the training losses since the last point
     * @param seconds of training up to here
     */
    public record Point(String arm, int seed, int step, double loss, double rate, double seconds) {}

    /** Rows and curve of a run. */
    public record Outcome(List<Measured> rows, List<Point> curve) {}

    /** Trains and measures; a run that is there already is read. */
    public Outcome run(MemoryPlan plan, int seed) {
        String arm = plan.name() + ", " + setup.shape().layers().key();
        Path own = folder.resolve(arm.replaceAll("[^a-z0-9]+", "-") + "-" + seed);
        Path rowsFile = own.resolve("rows.csv");
        Path curveFile = own.resolve("curve.csv");
        if (!Files.exists(rowsFile)) {
            try (TinyLm lm = new TinyLm(setup, data.vocabulary().size(), seed)) {
                History history = lm.pretrain(data, plan, seed, own.resolve("checkpoints"));
                Csv.write(curveFile, Tables.of("curve", curve(arm, seed, history)));
                List<Measured> rows = data.test().run(lm.decoder()).stream()
                        .map(r -> new Measured(arm, seed, r.what(), r.reads(), r.unit(), r.nll(), r.exact()))
                        .toList();
                Csv.write(rowsFile, Tables.of("rows", rows));
            }
        }
        return new Outcome(measured(Csv.read(rowsFile)), points(Csv.read(curveFile)));
    }

    private static List<Point> curve(String arm, int seed, History history) {
        int every = Math.max(1, history.entries().size() / 60);
        List<Point> points = new ArrayList<>();
        double loss = 0;
        double seconds = 0;
        for (History.Entry e : history.entries()) {
            loss += e.loss() / every;
            seconds += e.seconds();
            if ((e.step() + 1) % every == 0) {
                points.add(new Point(arm, seed, e.step() + 1, loss, e.rate(), seconds));
                loss = 0;
            }
        }
        return points;
    }

    /** The rows of a file. */
    public static List<Measured> measured(Table t) {
        List<Measured> rows = new ArrayList<>();
        for (Row r : t) {
            rows.add(new Measured(
                    r.getString("arm"),
                    ((Number) r.getObject("seed")).intValue(),
                    r.getString("what"),
                    r.getString("reads"),
                    String.valueOf(r.getObject("unit")),
                    ((Number) r.getObject("nll")).doubleValue(),
                    ((Number) r.getObject("exact")).doubleValue()));
        }
        return rows;
    }

    private static List<Point> points(Table t) {
        List<Point> points = new ArrayList<>();
        for (Row r : t) {
            points.add(new Point(
                    r.getString("arm"),
                    ((Number) r.getObject("seed")).intValue(),
                    ((Number) r.getObject("step")).intValue(),
                    ((Number) r.getObject("loss")).doubleValue(),
                    ((Number) r.getObject("rate")).doubleValue(),
                    ((Number) r.getObject("seconds")).doubleValue()));
        }
        return points;
    }

    /**
     * A line of the table: losses in nats per token, means over seeds.
     *
     * @param gain loss without memories minus loss with the right ones
     * @param gainLow lower end of its 95 % interval over texts or questions, seeds averaged
     * @param overWrong loss with wrong memories minus loss with the right ones
     */
    public record Line(
            String arm,
            String what,
            int seeds,
            double none,
            double right,
            double wrong,
            double gain,
            double gainLow,
            double gainHigh,
            double overWrong,
            double exactNone,
            double exactRight) {}

    /** The table: one line for each arm and kind of test. */
    public static List<Line> table(List<Measured> rows, long seed) {
        List<Line> lines = new ArrayList<>();
        for (String arm : rows.stream().map(Measured::arm).distinct().toList()) {
            for (String what : rows.stream().map(Measured::what).distinct().toList()) {
                double[] none = units(rows, arm, what, Reads.NONE, false);
                double[] right = units(rows, arm, what, Reads.RIGHT, false);
                double[] wrong = units(rows, arm, what, Reads.WRONG, false);
                Interval gain = Bootstrap.seeded(seed).difference(none, right);
                int seeds = (int) rows.stream()
                        .filter(r -> r.arm().equals(arm))
                        .map(Measured::seed)
                        .distinct()
                        .count();
                lines.add(new Line(
                        arm,
                        what,
                        seeds,
                        mean(none),
                        mean(right),
                        mean(wrong),
                        gain.mean(),
                        gain.low(),
                        gain.high(),
                        mean(wrong) - mean(right),
                        mean(units(rows, arm, what, Reads.NONE, true)),
                        mean(units(rows, arm, what, Reads.RIGHT, true))));
            }
        }
        return lines;
    }

    /** One value for each text or question in their order, the mean over the seeds. */
    public static double[] units(List<Measured> rows, String arm, String what, Reads reads, boolean exact) {
        Map<Integer, List<Double>> bySeed = new LinkedHashMap<>();
        rows.stream()
                .filter(r -> r.arm().equals(arm)
                        && r.what().equals(what)
                        && r.reads().equals(reads.key()))
                .forEach(r ->
                        bySeed.computeIfAbsent(r.seed(), s -> new ArrayList<>()).add(exact ? r.exact() : r.nll()));
        int n = bySeed.values().iterator().next().size();
        return IntStream.range(0, n)
                .mapToDouble(i -> bySeed.values().stream()
                        .mapToDouble(v -> v.get(i))
                        .average()
                        .orElseThrow())
                .toArray();
    }

    private static double mean(double[] values) {
        return java.util.Arrays.stream(values).average().orElseThrow();
    }
}

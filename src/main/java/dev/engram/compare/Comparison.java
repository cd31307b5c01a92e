package dev.engram.compare;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.model.BadInputException;
import dev.engram.report.Csv;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tech.tablesaw.api.ColumnType;

/**
 * The rows of all arms, and what they say: shares with intervals, differences of two arms on the same questions, and prices. Seeds of a
 * trained arm are averaged question by question before entities are resampled, so an interval speaks about other facts, not about
 * other seeds.
 *
 * @param rows of all arms
 * @param laps of all arms
 * @param costs one of each arm and seed
 */
public record Comparison(List<Row> rows, List<Lap> laps, List<Cost> costs) {
    private static final long SEED = 7;

    /** Reads the folders of all arms that are complete. @param order arms that are wanted, in the order of the tables */
    public static Comparison read(Path folder, List<String> order) {
        List<Row> rows = new ArrayList<>();
        List<Lap> laps = new ArrayList<>();
        List<Cost> costs = new ArrayList<>();
        for (String arm : order) {
            for (Path own : folders(folder, arm)) {
                rows.addAll(CompareFiles.rows(Csv.read(own.resolve(Examiner.ROWS), texts())));
                laps.addAll(CompareFiles.laps(Csv.read(own.resolve(Examiner.LAPS))));
                costs.addAll(CompareFiles.costs(Csv.read(own.resolve(Examiner.COSTS))));
            }
        }
        if (rows.isEmpty()) {
            throw new BadInputException(
                    folder + " holds no complete arm of " + String.join(", ", order) + "; run ./engram bench compare.");
        }
        return new Comparison(rows, laps, costs);
    }

    /** Answers may look like numbers. */
    private static Map<String, ColumnType> texts() {
        Map<String, ColumnType> types = new LinkedHashMap<>();
        for (String name : List.of("arm", "condition", "test", "unit", "question", "gold", "answer")) {
            types.put(name, ColumnType.STRING);
        }
        return types;
    }

    private static List<Path> folders(Path folder, String arm) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.getFileName().toString().matches(Pattern.quote(arm) + "-\\d+"))
                    .filter(Examiner::done)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Arms in the order in which they were read. */
    public List<String> arms() {
        return rows.stream().map(Row::arm).distinct().toList();
    }

    /** Seeds of an arm. */
    public long seeds(String arm) {
        return rows.stream()
                .filter(r -> r.arm().equals(arm))
                .map(Row::seed)
                .distinct()
                .count();
    }

    /** The condition under which a test is asked of an arm that holds its facts. */
    static Condition usual(Task test) {
        return test == Task.UPDATE ? Condition.UPDATED : Condition.WITH;
    }

    private List<Row> of(String arm, Task test, Condition condition) {
        return rows.stream()
                .filter(r -> r.arm().equals(arm)
                        && r.test().equals(test.key())
                        && r.condition().equals(condition.key()))
                .toList();
    }

    /** One number an entity: the mean over its questions and the arm's seeds. */
    double[] units(String arm, Task test, Condition condition, ToDoubleFunction<Row> score) {
        return Bootstrap.byUnit(of(arm, test, condition), Row::unit, score);
    }

    /** Mean over entities; NaN in all parts where the arm was not asked. */
    public Interval share(String arm, Task test, Condition condition, ToDoubleFunction<Row> score) {
        double[] units = units(arm, test, condition, score);
        return units.length == 0 ? nothing() : Bootstrap.seeded(SEED).mean(units);
    }

    /** The same under the test's usual condition. */
    public Interval share(String arm, Task test, ToDoubleFunction<Row> score) {
        return share(arm, test, usual(test), score);
    }

    /** Mean over entities of {@code a − b}, paired; NaN where one of them was not asked. */
    public Interval difference(String a, String b, Task test, ToDoubleFunction<Row> score) {
        double[] first = units(a, test, usual(test), score);
        double[] second = units(b, test, usual(test), score);
        if (first.length == 0 || second.length == 0) {
            return nothing();
        }
        if (first.length != second.length) {
            throw new BadInputException("'" + a + "' answered on " + first.length + " entities and '" + b + "' on "
                    + second.length + "; compare arms that ran on the same facts.");
        }
        return Bootstrap.seeded(SEED).difference(first, second);
    }

    private static Interval nothing() {
        return new Interval(Double.NaN, Double.NaN, Double.NaN, 0.95);
    }

    /**
     * A line of {@link #table}: shares of right answers by test.
     *
     * @param heldout_low end of the 95 % interval over entities
     * @param without held-out questions without the memory
     * @param shuffled held-out questions with other facts in the memory
     * @param stale answers that hold the old value and not the new one, after the update
     * @param nll of held-out answers, nats per token
     */
    public record Line(
            String arm,
            long seeds,
            double cloze,
            double trained,
            double heldout,
            double heldout_low,
            double heldout_high,
            double without,
            double shuffled,
            double reverse,
            double two_hop,
            double update,
            double stale,
            double unknown,
            double order,
            double turns,
            double think,
            double think_value,
            double f1,
            double nll) {}

    /** One line for each arm. */
    public List<Line> table() {
        return arms().stream().map(this::line).toList();
    }

    private Line line(String arm) {
        Interval heldout = share(arm, Task.HELDOUT, Row::success);
        return new Line(
                arm,
                seeds(arm),
                mean(arm, Task.CLOZE),
                mean(arm, Task.TRAINED),
                heldout.mean(),
                heldout.low(),
                heldout.high(),
                share(arm, Task.HELDOUT, Condition.WITHOUT, Row::success).mean(),
                share(arm, Task.HELDOUT, Condition.SHUFFLED, Row::success).mean(),
                mean(arm, Task.REVERSE),
                mean(arm, Task.TWO_HOP),
                mean(arm, Task.UPDATE),
                share(arm, Task.UPDATE, Row::stale).mean(),
                mean(arm, Task.UNKNOWN),
                mean(arm, Task.ORDER),
                mean(arm, Task.TURNS),
                mean(arm, Task.THINK),
                share(arm, Task.THINK, Row::contains).mean(),
                share(arm, Task.HELDOUT, Row::f1).mean(),
                share(arm, Task.HELDOUT, Row::nll).mean());
    }

    private double mean(String arm, Task test) {
        return share(arm, test, Row::success).mean();
    }

    /**
     * A line of {@link #prices}.
     *
     * @param p50 seconds of a whole answer, median
     * @param times median of how often the plain model's time for the same question fits into it
     * @param first_times the same to the first token
     * @param facts_in_10mb facts that fit, with what is shared
     * @param gflop_1 to write a fact and answer one question
     * @param gflop_100 to write a fact and answer a hundred
     */
    public record PriceLine(
            String arm,
            double write_seconds,
            double update_seconds,
            double prompt_tokens,
            double new_tokens,
            double p50,
            double p95,
            double times,
            double first_times,
            double bytes,
            double shared_mb,
            double facts_in_10mb,
            double write_gflop,
            double answer_gflop,
            double gflop_1,
            double gflop_100,
            double write_mb,
            double answer_mb,
            double relative_perplexity) {}

    /** One line for each arm, mean over its seeds. */
    public List<PriceLine> prices() {
        return arms().stream().map(this::price).toList();
    }

    private static final double MB = 1e6;
    private static final double BUDGET = 10 * MB;

    private PriceLine price(String arm) {
        List<Lap> own = laps.stream().filter(l -> l.arm().equals(arm)).toList();
        double write = cost(arm, Cost::write_gflop);
        double answer = cost(arm, Cost::answer_gflop);
        double bytes = cost(arm, Cost::bytes);
        double shared = cost(arm, Cost::shared_bytes);
        return new PriceLine(
                arm,
                cost(arm, Cost::write_seconds),
                cost(arm, Cost::update_seconds),
                cost(arm, Cost::prompt_tokens),
                cost(arm, Cost::new_tokens),
                quantile(own, Lap::whole, 0.5),
                quantile(own, Lap::whole, 0.95),
                quantile(own, l -> l.whole() / l.base_whole(), 0.5),
                quantile(own, l -> l.first() / l.base_first(), 0.5),
                bytes,
                shared / MB,
                bytes == 0 ? Double.NaN : Math.max(0, (BUDGET - shared) / bytes),
                write,
                answer,
                write + answer,
                write + 100 * answer,
                cost(arm, Cost::write_mb),
                cost(arm, Cost::answer_mb),
                cost(arm, Cost::relative));
    }

    /** Mean of a cost over an arm's seeds. */
    public double cost(String arm, ToDoubleFunction<Cost> number) {
        return costs.stream()
                .filter(c -> c.arm().equals(arm))
                .mapToDouble(number)
                .average()
                .orElse(Double.NaN);
    }

    static <T> double quantile(List<T> all, ToDoubleFunction<T> number, double share) {
        double[] sorted = all.stream().mapToDouble(number).sorted().toArray();
        return sorted.length == 0
                ? Double.NaN
                : sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    /**
     * How often one arm's time for a question fits into another's: geometric mean over the questions timed for both, each time being
     * taken relative to the plain model's of the same moment.
     */
    public Interval slower(String a, String b, ToDoubleFunction<Lap> relative) {
        Set<Integer> both = timed(a);
        both.retainAll(timed(b));
        if (both.isEmpty()) {
            return nothing();
        }
        double[] first = logs(a, both, relative);
        double[] second = logs(b, both, relative);
        Interval d = Bootstrap.seeded(SEED).difference(first, second);
        return new Interval(Math.exp(d.mean()), Math.exp(d.low()), Math.exp(d.high()), d.level());
    }

    private Set<Integer> timed(String arm) {
        return laps.stream()
                .filter(l -> l.arm().equals(arm))
                .map(Lap::number)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private double[] logs(String arm, Set<Integer> numbers, ToDoubleFunction<Lap> relative) {
        return Bootstrap.byUnit(
                laps.stream()
                        .filter(l -> l.arm().equals(arm) && numbers.contains(l.number()))
                        .toList(),
                Lap::number,
                l -> Math.log(relative.applyAsDouble(l)));
    }
}

package dev.engram.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Interval;
import dev.engram.model.BadInputException;
import dev.engram.model.text.Message;
import dev.engram.report.Csv;
import dev.engram.report.Tables;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows become tables, and come back from files as they were. */
class ComparisonTest {
    @TempDir
    private Path folder;

    private static Row row(String arm, long seed, Condition c, Task task, int number, String unit, String answer) {
        String rejected = task == Task.UPDATE || task == Task.ORDER ? "old" : "";
        Probe p = new Probe(task, number, unit, List.of(Message.user("Which?")), "new", rejected, List.of("f"));
        double[] nll = rejected.isEmpty() ? new double[] {1} : new double[] {1, number};
        return Row.of(arm, seed, c, p, new Answerer.Reply(answer, false, 10, 3, nll));
    }

    @Test
    void successIsWhatTheTaskAsksFor() {
        assertEquals(
                1,
                row("a", 1, Condition.WITH, Task.HELDOUT, 0, "x", "It is new.").success());
        assertEquals(
                0,
                row("a", 1, Condition.WITH, Task.HELDOUT, 0, "x", "It is newer.")
                        .success());
        assertEquals(
                1,
                row("a", 1, Condition.WITH, Task.UNKNOWN, 0, "x", "I do not know it.")
                        .success());
        assertEquals(
                1,
                row("a", 1, Condition.WITH, Task.THINK, 0, "x", "<think>So.</think> old")
                        .success());
        assertEquals(1, row("a", 1, Condition.WITH, Task.ORDER, 2, "x", "").success(), "1 nat against 2");
        assertEquals(0, row("a", 1, Condition.WITH, Task.ORDER, 0, "x", "").success(), "1 nat against 0");
        assertEquals(
                1,
                row("a", 1, Condition.UPDATED, Task.UPDATE, 0, "x", "still old").stale());
        assertEquals(
                0,
                row("a", 1, Condition.UPDATED, Task.UPDATE, 0, "x", "from old to new")
                        .stale());
    }

    /** Arm a knows x always and y with one of two seeds; arm b knows nothing. */
    private static Comparison comparison() {
        List<Row> rows = new ArrayList<>();
        for (String unit : List.of("x", "y")) {
            int n = unit.equals("x") ? 0 : 1;
            rows.add(row("a", 1, Condition.WITH, Task.HELDOUT, n, unit, "new"));
            rows.add(row("a", 2, Condition.WITH, Task.HELDOUT, n, unit, unit.equals("x") ? "new" : "what"));
            rows.add(row("a", 1, Condition.WITHOUT, Task.HELDOUT, n, unit, "what"));
            rows.add(row("b", 1, Condition.WITH, Task.HELDOUT, n, unit, "what"));
        }
        List<Lap> laps = List.of(
                new Lap("a", 1, 0, 0.2, 2, 0.1, 1),
                new Lap("a", 1, 1, 0.4, 4, 0.1, 1),
                new Lap("b", 1, 0, 0.1, 1, 0.1, 1),
                new Lap("b", 1, 1, 0.1, 1, 0.1, 1));
        List<Cost> costs = List.of(
                new Cost("a", 1, 4, 2, 100, 1e6, 50, 2, 10, 3, Double.NaN, 5, 20, 1.1),
                new Cost("a", 2, 6, 2, 100, 1e6, 50, 2, 10, 3, Double.NaN, 5, 20, 1.3),
                new Cost("b", 1, 0, 0, 0, 0, 0, 2, 10, 3, Double.NaN, 5, 20, 1));
        return new Comparison(rows, laps, costs);
    }

    @Test
    void sharesAndDifferencesAreOverEntities() {
        Comparison c = comparison();
        assertEquals(0.75, c.share("a", Task.HELDOUT, Row::success).mean(), 1e-12);
        Interval d = c.difference("a", "b", Task.HELDOUT, Row::success);
        assertEquals(0.75, d.mean(), 1e-12);
        assertEquals(0.5, d.low(), 1e-12);
        assertEquals(1, d.high(), 1e-12);
        assertTrue(
                Double.isNaN(c.difference("a", "b", Task.REVERSE, Row::success).mean()));
        Comparison.Line line = c.table().get(0);
        assertEquals(2, line.seeds());
        assertEquals(0, line.without(), 1e-12);
        assertTrue(Double.isNaN(line.shuffled()));
    }

    @Test
    void armsOfOtherFactsAreNotCompared() {
        Comparison c = comparison();
        List<Row> fewer = c.rows().stream()
                .filter(r -> !r.arm().equals("b") || r.unit().equals("x"))
                .toList();
        Comparison uneven = new Comparison(fewer, c.laps(), c.costs());
        assertThrows(BadInputException.class, () -> uneven.difference("a", "b", Task.HELDOUT, Row::success));
    }

    @Test
    void prices() {
        Comparison c = comparison();
        Comparison.PriceLine a = c.prices().get(0);
        assertEquals(5, a.write_seconds(), 1e-12);
        assertEquals(4, a.times(), 1e-12, "upper median of 2 and 4");
        assertEquals((10e6 - 1e6) / 100, a.facts_in_10mb(), 1e-9);
        assertEquals(250, a.gflop_100(), 1e-12);
        assertEquals(
                Math.sqrt(8),
                c.slower("a", "b", l -> l.whole() / l.base_whole()).mean(),
                1e-12);
        List<Lap> more = new ArrayList<>(c.laps());
        more.add(new Lap("a", 1, 99, 1, 1000, 1, 1));
        assertEquals(
                Math.sqrt(8),
                new Comparison(c.rows(), more, c.costs())
                        .slower("a", "b", l -> l.whole() / l.base_whole())
                        .mean(),
                1e-12,
                "a question timed for one arm alone does not count");
    }

    @Test
    void filesGiveTheRowsBack() {
        Comparison c = comparison();
        for (String own : List.of("a-1", "a-2", "b-1")) {
            String arm = own.substring(0, 1);
            long seed = Long.parseLong(own.substring(2));
            Path to = folder.resolve(own);
            Csv.write(
                    to.resolve(Examiner.ROWS),
                    Tables.of(
                            "rows",
                            c.rows().stream()
                                    .filter(r -> r.arm().equals(arm) && r.seed() == seed)
                                    .toList()));
            Csv.write(
                    to.resolve(Examiner.LAPS),
                    Tables.of(
                            "laps",
                            c.laps().stream().filter(l -> l.arm().equals(arm)).toList()));
            Csv.write(
                    to.resolve(Examiner.COSTS),
                    Tables.of(
                            "costs",
                            c.costs().stream()
                                    .filter(k -> k.arm().equals(arm) && k.seed() == seed)
                                    .toList()));
        }
        Comparison read = Comparison.read(folder, List.of("a", "b", "never ran"));
        assertEquals(List.copyOf(c.costs()), read.costs());
        assertEquals(c.share("a", Task.HELDOUT, Row::success), read.share("a", Task.HELDOUT, Row::success));
        assertEquals(c.rows().size(), read.rows().size());
        assertTrue(read.rows().containsAll(c.rows()));
        assertThrows(BadInputException.class, () -> Comparison.read(folder, List.of("c")));
    }
}

package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The settings of a training: rates worked out by hand, the watch's and the early stop's decisions, and every bound. */
class SettingsTest {
    private static void refused(Executable... wrong) {
        for (int i = 0; i < wrong.length; i++) {
            assertThrows(BadInputException.class, wrong[i], "case " + i);
        }
    }

    private static void rates(Schedule schedule, int steps, double... expected) {
        for (int step = 0; step < expected.length; step++) {
            assertEquals(expected[step], schedule.factor(step, steps), 1e-12, schedule + ", step " + step);
        }
    }

    @Test
    void ratesByHand() {
        rates(Schedule.constant(0), 3, 1, 1, 1);
        rates(Schedule.constant(2), 5, 0, 0.5, 1, 1, 1);
        rates(Schedule.linear(2), 6, 0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0);
        double half = Math.sqrt(0.5);
        rates(Schedule.cosine(0), 4, 1, (1 + half) / 2, 0.5, (1 - half) / 2, 0);
        rates(Schedule.cosine(2), 6, 0, 0.5, 1, (1 + half) / 2, 0.5, (1 - half) / 2, 0);
        rates(
                Schedule.cosine(0).withMinRatio(0.2),
                4,
                1,
                0.2 + 0.8 * (1 + half) / 2,
                0.6,
                0.2 + 0.8 * (1 - half) / 2,
                0.2);
        rates(Schedule.warmupStableDecay(2, 4), 9, 0, 0.5, 1, 1, 1, 1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, 0);
        rates(Schedule.warmupStableDecay(2, 2).withMinRatio(0.1), 6, 0.1, 0.55, 1, 1, 1, 0.55, 0.1, 0.1);
        TrainConfig config = TrainConfig.of(6, 1e-3).withSchedule(Schedule.linear(2));
        assertEquals(7.5e-4, config.rate(3), 1e-15);
    }

    @Test
    void boundsOfSchedules() {
        refused(
                () -> Schedule.constant(-1),
                () -> Schedule.warmupStableDecay(0, -1),
                () -> Schedule.linear(0).withMinRatio(-0.01),
                () -> Schedule.linear(0).withMinRatio(1.01),
                () -> Schedule.linear(0).withMinRatio(Double.NaN),
                () -> TrainConfig.of(5, 1).withSchedule(Schedule.warmupStableDecay(3, 3)));
        assertEquals(1, Schedule.linear(0).withMinRatio(1).minRatio());
        TrainConfig.of(6, 1).withSchedule(Schedule.warmupStableDecay(3, 3)); // just fits
        assertTrue(assertThrows(BadInputException.class, () -> Schedule.warmupStableDecay(0, -2))
                .getMessage()
                .contains("-2 steps of decay"));
        assertTrue(assertThrows(BadInputException.class, () -> Schedule.constant(-3))
                .getMessage()
                .contains("-3 steps of warm-up"));
    }

    @Test
    void boundsOfTheOthers() {
        new AdamWConfig(0, 0, 1e-12, 0);
        new AdamWConfig(0.999, 0.999, 0.5, 1);
        refused(
                () -> new AdamWConfig(-0.1, 0.9, 1e-8, 0),
                () -> new AdamWConfig(1, 0.9, 1e-8, 0),
                () -> new AdamWConfig(0.9, -0.1, 1e-8, 0),
                () -> new AdamWConfig(0.9, 1, 1e-8, 0),
                () -> new AdamWConfig(0.9, 0.9, 0, 0),
                () -> new AdamWConfig(0.9, 0.9, 1, 0),
                () -> new AdamWConfig(0.9, 0.9, 1e-8, -0.1),
                () -> new AdamWConfig(0.9, 0.9, 1e-8, 1.1));
        new Rehearsal(2, 2, 2, 0.1);
        assertEquals(new Rehearsal(64, 40, 2, 2), Rehearsal.defaults());
        refused(
                () -> new Rehearsal(1, 2, 2, 1),
                () -> new Rehearsal(2, 1, 2, 1),
                () -> new Rehearsal(2, 2, 0, 1),
                () -> new Rehearsal(2, 2, 2, 0));
        new DivergenceWatch(1.01, 0, 1);
        refused(
                () -> new DivergenceWatch(1, 3, 0.5),
                () -> new DivergenceWatch(3, -1, 0.5),
                () -> new DivergenceWatch(3, 3, 0),
                () -> new DivergenceWatch(3, 3, 1.1));
        new EarlyStop(1, 1, 0);
        refused(() -> new EarlyStop(0, 1, 0), () -> new EarlyStop(1, 0, 0), () -> new EarlyStop(1, 1, -0.1));
        new Order(1, 1, 1);
        refused(() -> new Order(0, 1, 1), () -> new Order(1, 0, 1));
        TrainConfig config = TrainConfig.of(1, 9.9);
        config.withAccumulation(1).withMaxGradNorm(0).withCheckpoints(Path.of("x"), 1, 1);
        refused(
                () -> TrainConfig.of(0, 1),
                () -> TrainConfig.of(1, 0),
                () -> TrainConfig.of(1, 10),
                () -> config.withAccumulation(0),
                () -> config.withMaxGradNorm(-0.1),
                () -> config.withCheckpoints(Path.of("x"), 0, 1),
                () -> config.withCheckpoints(Path.of("x"), 1, 0));
    }

    @Test
    void oneChangeAtATime() {
        TrainConfig config = TrainConfig.of(7, 1e-3);
        assertEquals("Other", config.withName("Other").name());
        assertEquals(7, config.withName("Other").steps());
        assertEquals(2, config.withMaxGradNorm(2).maxGradNorm());
        assertEquals(0.1, config.withWeightDecay(0.1).adamw().weightDecay());
        assertEquals(0.999, config.withWeightDecay(0.1).adamw().beta2());
        assertNull(config.withWatch(null).watch());
        assertEquals(config.identity(), config.withName("Other").identity(), "a name changes no number");
        assertNotEquals(config.identity(), config.withMaxGradNorm(2).identity());
        assertTrue(config.identity().startsWith("steps 7, accumulation 1, learning rate 0.001"), config.identity());
    }

    private static History losses(double... all) {
        History history = new History();
        for (double loss : all) {
            history.add(entry(history, loss, Double.NaN));
        }
        return history;
    }

    private static History.Entry entry(History history, double loss, double validation) {
        return new History.Entry(history.entries().size(), loss, 1e-3, 1, 10, 0.1, validation, Map.of());
    }

    private static double[] ones(int n, double... then) {
        double[] all = Arrays.copyOf(new double[0], n + then.length);
        Arrays.fill(all, 0, n, 1);
        System.arraycopy(then, 0, all, n, then.length);
        return all;
    }

    @Test
    void theWatchComparesMedians() {
        DivergenceWatch watch = DivergenceWatch.defaults();
        assertEquals("the loss is NaN", watch.fault(new History(), Double.NaN, 1));
        assertEquals("the gradient's norm is Infinity", watch.fault(new History(), 1, Double.POSITIVE_INFINITY));
        assertNull(watch.fault(losses(ones(7, 50, 50)), 50, 1), "eight losses make the usual one");
        String fault = watch.fault(losses(ones(8, 50, 50)), 50, 1);
        assertEquals("the loss rose from 1.00 to 50.0", fault);
        assertNull(watch.fault(losses(ones(8, 50, 1)), 1, 1), "one of three is a spike");
        assertNull(watch.fault(losses(ones(8, 3, 3)), 3, 1), "three times is not more than three times");
        assertNull(watch.fault(losses(ones(8, 3, 3.01)), 3, 1), "the middle of three");
        assertTrue(watch.fault(losses(ones(8, 3.01, 3.01)), 3.01, 1) != null);
        double[] low = new double[10];
        Arrays.fill(low, 0.1);
        assertNull(watch.fault(losses(Arrays.copyOf(low, 10)), 0.1, 1));
        low[8] = low[9] = 1.1;
        assertNull(watch.fault(losses(low), 1.1, 1), "eleven times, but less than one nat above");
        // an even number of losses has the middle of two as its median
        History even = losses(1, 1, 1, 1, 2, 2, 2, 2, 4.4, 4.4);
        assertNull(watch.fault(even, 4.4, 1), "less than three times 1.5");
        assertTrue(watch.fault(losses(1, 1, 1, 1, 2, 2, 2, 2, 4.6, 4.6), 4.6, 1) != null);
        // only the last 32 are usual
        double[] long40 = new double[44];
        Arrays.fill(long40, 0, 10, 100);
        Arrays.fill(long40, 10, 42, 1);
        long40[42] = long40[43] = 50;
        assertTrue(watch.fault(losses(long40), 50, 1) != null);
    }

    @Test
    void calmIsTheNewestLossNearTheUsualOne() {
        DivergenceWatch watch = DivergenceWatch.defaults();
        assertTrue(watch.calm(losses(ones(7, 50))), "too few to tell");
        assertFalse(watch.calm(losses(ones(8, 50))));
        assertTrue(watch.calm(losses(ones(8, 3))), "three times is calm");
        assertFalse(watch.calm(losses(ones(8, 3.01))));
        double[] low = new double[9];
        Arrays.fill(low, 0.1);
        low[8] = 1.1;
        assertTrue(watch.calm(losses(low)), "within one nat");
        low[8] = 1.11;
        assertFalse(watch.calm(losses(low)));
        double[] long40 = new double[43];
        Arrays.fill(long40, 0, 10, 100);
        Arrays.fill(long40, 10, 42, 1);
        long40[42] = 50;
        assertFalse(watch.calm(losses(long40)));
    }

    @Test
    void theEarlyStopCountsWhatIsNoBetter() {
        EarlyStop stop = new EarlyStop(1, 2, 0.1);
        assertFalse(stop.reached(validated(5)));
        assertFalse(stop.reached(validated(5, 4.95)), "once");
        assertTrue(stop.reached(validated(5, 4.95, 4.91)), "twice no better by 0.1");
        assertFalse(stop.reached(validated(5, 4.95, 4.8, 4.79)), "better in between");
        assertFalse(
                stop.reached(validated(5, 4.95, Double.NaN, Double.NaN)), "steps that are not validated do not count");
        assertTrue(new EarlyStop(1, 1, 0).reached(validated(5, 5)), "equal is no better");
        assertTrue(new EarlyStop(1, 1, 0.5).reached(validated(5, 4.5)));
    }

    private static History validated(double... all) {
        History history = new History();
        for (double v : all) {
            history.add(entry(history, 1, v));
        }
        return history;
    }

    @Test
    void everyEpochIsAnOrderOfItsOwn() {
        assertArrayEquals(new int[] {0, 1, 2, 3}, new Order(5, 4, Order.AS_GIVEN).at(0));
        assertArrayEquals(new int[] {4, 0, 1, 2}, new Order(5, 4, Order.AS_GIVEN).at(1));
        Order order = new Order(6, 4, 3);
        int[] twelve =
                IntStream.range(0, 3).flatMap(i -> Arrays.stream(order.at(i))).toArray();
        List<Integer> six = List.of(0, 1, 2, 3, 4, 5);
        assertEquals(six, Arrays.stream(twelve, 0, 6).sorted().boxed().toList());
        assertEquals(six, Arrays.stream(twelve, 6, 12).sorted().boxed().toList());
        long different = IntStream.range(0, 40)
                .mapToObj(e -> Arrays.toString(new Order(6, 6, 3).at(e)))
                .distinct()
                .count();
        assertTrue(different > 30, "orders of 40 epochs: " + different);
        long seeds = IntStream.range(0, 40)
                .mapToObj(s -> Arrays.toString(new Order(6, 6, s).at(0)))
                .distinct()
                .count();
        assertTrue(seeds > 30, "orders of 40 seeds: " + seeds);
        // every place takes every example sometimes
        assertEquals(
                6,
                IntStream.range(0, 60)
                        .map(e -> new Order(6, 6, 3).at(e)[0])
                        .distinct()
                        .count());
        assertEquals(
                6,
                IntStream.range(0, 60)
                        .map(e -> new Order(6, 6, 3).at(e)[5])
                        .distinct()
                        .count());
    }
}

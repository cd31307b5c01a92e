package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.LayerNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop: losses fall, accumulation is one large batch, what does not learn stays, divergence is undone. */
class TrainerTest {
    @Test
    void adaptersLearn() {
        History history = Runs.lora(TrainConfig.of(40, 1e-2)).history();
        assertEquals(40, history.entries().size());
        assertTrue(
                history.meanLoss(4) < 0.5 * history.entries().get(0).loss(),
                history.table().toString());
        assertEquals(48, history.last().tokens());
    }

    @Test
    void accumulationIsOneLargeBatch() {
        Map<String, float[]> expected = accumulated(1);
        Runs.same(expected, accumulated(2), 1e-4);
        Runs.same(expected, accumulated(4), 1e-4);
    }

    private static Map<String, float[]> accumulated(int micros) {
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(2), 1)) {
            new Trainer(lora, TrainConfig.of(5, 1e-3).withAccumulation(micros))
                    .run(new TextTask(decoder, Runs.texts(), 4 / micros).with(lora.adapter()));
            return Runs.values(lora);
        }
    }

    /** Micro-batches of 36 and of 12 labels weigh three to one, as in one batch of 48. */
    @Test
    void microBatchesAreWeightedByTheirLabels() {
        Map<String, float[]> expected = accumulated(1);
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, LoraConfig.of(2), 1)) {
            int[][] texts = Runs.texts();
            new Trainer(lora, TrainConfig.of(5, 1e-3).withAccumulation(2)).run(new TrainingTask() {
                private TextTask part(int step, int micro) {
                    int first = step * 4 % 8;
                    int[][] own =
                            micro == 0 ? Arrays.copyOfRange(texts, first, first + 3) : new int[][] {texts[first + 3]};
                    return new TextTask(decoder, own, own.length).with(lora.adapter());
                }

                @Override
                public NDArray loss(NDManager scope, int step, int micro) {
                    return part(step, micro).loss(scope, 0, 0);
                }

                @Override
                public int labels(int step, int micro) {
                    return part(step, micro).labels(0, 0);
                }
            });
            Runs.same(expected, Runs.values(lora), 1e-4);
        }
    }

    @Test
    void theLastLayersLearnAndTheRestStays() {
        try (TrainableDecoder decoder = Runs.decoder()) {
            Map<String, float[]> before = new LinkedHashMap<>();
            decoder.parameters().forEach((n, p) -> before.put(n, p.toFloatArray()));
            List<String> learned = new ArrayList<>();
            try (LastLayers last = new LastLayers(decoder, 2)) {
                learned.addAll(last.parameters().keySet());
                new Trainer(last, TrainConfig.of(3, 1e-3).withWeightDecay(0.1))
                        .run(new TextTask(decoder, Runs.texts(), 4));
            }
            assertEquals(2 * 9 + 1, learned.size());
            assertTrue(learned.contains(LayerNames.FINAL_NORM) && learned.contains(new LayerNames(1).q()));
            decoder.parameters().forEach((n, p) -> {
                assertEquals(!learned.contains(n), Arrays.equals(before.get(n), p.toFloatArray()), n);
                assertTrue(!p.hasGradient(), n + " is free again");
            });
        }
    }

    /** A loss that is no number, once: back to the last good state, then on with half the rate. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneFaultIsUndone(boolean files, @TempDir Path folder) {
        TrainConfig config =
                files ? Runs.tenSteps().withCheckpoints(folder.resolve("run"), 3, 2) : withEvery(Runs.tenSteps(), 3);
        History history = faulty(config, 7, 1, Float.NaN);
        assertEquals(10, history.entries().size());
        assertEquals(1, history.remarks().size(), history.remarks().toString());
        assertTrue(history.remarks().get(0).startsWith("Step 7: the loss is NaN; back to step 6 with 0.5"));
        for (int i = 0; i < 10; i++) {
            History.Entry e = history.entries().get(i);
            assertEquals(i, e.step());
            assertEquals(config.rate(i) * (i < 6 ? 1 : 0.5), e.rate(), 1e-12);
            assertTrue(Double.isFinite(e.loss()));
        }
    }

    private static TrainConfig withEvery(TrainConfig config, int every) {
        return config.withCheckpoints(null, every, 1);
    }

    /** A run whose loss is multiplied by {@code factor} at one step, the first {@code times} it is computed. */
    private static History faulty(TrainConfig config, int at, int times, float factor) {
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, Runs.LORA, 1)) {
            int[] left = {times};
            return new Trainer(lora, config)
                    .run(
                            new TextTask(decoder, Runs.texts(), 4) {
                                @Override
                                public NDArray loss(NDManager scope, int step, int micro) {
                                    NDArray loss = super.loss(scope, step, micro);
                                    return step == at && left[0]-- > 0 ? loss.mul(factor) : loss;
                                }
                            }.with(lora.adapter()));
        }
    }

    @ParameterizedTest
    @CsvSource({"NaN, the loss is NaN", "Infinity, the loss is Infinity"})
    void faultsThatStayEndTheRun(float factor, String reason) {
        BadInputException e =
                assertThrows(BadInputException.class, () -> faulty(withEvery(Runs.tenSteps(), 3), 7, 99, factor));
        assertTrue(e.getMessage().startsWith("The training diverged at step 7: " + reason + ", after 3 rollbacks"));
        assertTrue(e.getMessage().contains("learning rate of"), e.getMessage());
    }

    /** The loss is a number, its gradient is not. */
    @Test
    void aGradientThatIsNoNumberIsAFault() {
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, Runs.LORA, 1)) {
            TextTask task = new TextTask(decoder, Runs.texts(), 4) {
                @Override
                public NDArray loss(NDManager scope, int step, int micro) {
                    NDArray loss = super.loss(scope, step, micro);
                    return step < 4 ? loss : loss.mul(0).sqrt();
                }
            };
            Map<String, float[]> first = Runs.values(lora);
            BadInputException e = assertThrows(
                    BadInputException.class,
                    () -> new Trainer(lora, withEvery(Runs.tenSteps(), 50)).run(task.with(lora.adapter())));
            assertTrue(e.getMessage().contains("the gradient's norm is NaN"), e.getMessage());
            Runs.same(first, Runs.values(lora), 0);
        }
    }

    private static History losses(double... losses) {
        History history = new History();
        for (int i = 0; i < losses.length; i++) {
            history.add(new History.Entry(i, losses[i], 1, 1, 1, 1, Double.NaN, Map.of()));
        }
        return history;
    }

    @Test
    void aSpikeIsThreeHighLossesNotOne() {
        DivergenceWatch watch = DivergenceWatch.defaults();
        double[] calm = {2.1, 1.9, 2.2, 2.0, 1.8, 2.0, 2.1, 1.9, 2.0};
        assertNull(watch.fault(losses(calm), 9, 1), "one hard batch");
        double[] rising = Arrays.copyOf(calm, 11);
        rising[9] = 9;
        rising[10] = 8;
        assertEquals("the loss rose from 2 to 9", watch.fault(losses(rising), 10, 1));
        rising[10] = 2;
        assertEquals("the loss rose from 2 to 9", watch.fault(losses(rising), 10, 1), "two of three");
        assertNull(watch.fault(losses(rising), 2, 1), "one of three");
        double[] learned = {0.01, 0.01, 0.02, 0.01, 0.01, 0.01, 0.02, 0.01, 0.3, 0.4};
        assertNull(watch.fault(losses(learned), 0.5, 1), "thirty times a loss near zero is no divergence");
        assertTrue(!watch.calm(losses(2, 2, 2, 2, 2, 2, 2, 2, 2, 9)), "no state to come back to");
        assertTrue(watch.calm(losses(2, 2, 2, 2, 2, 2, 2, 2, 2, 3)));
    }

    @Test
    void aRunStopsWhenValidationNoLongerImproves() {
        double[] validation = {5, 4, 3.95, 3.97, 4.1, 1};
        try (TrainableDecoder decoder = Runs.decoder();
                Lora lora = Lora.create(decoder, Runs.LORA, 1)) {
            TextTask task = new TextTask(decoder, Runs.texts(), 4) {
                @Override
                public double validate(int step) {
                    return validation[step / 2 - 1];
                }
            };
            List<Integer> told = new ArrayList<>();
            History history = new Trainer(lora, TrainConfig.of(12, 1e-3).withEarlyStop(new EarlyStop(2, 3, 0.1)))
                    .onStep(e -> told.add(e.step()))
                    .run(task.with(lora.adapter()));
            assertEquals(10, history.entries().size(), "4 was the best; 3.95, 3.97 and 4.1 are no improvement by 0.1");
            assertEquals(10, told.size());
            assertEquals(3.97, history.entries().get(7).validation());
            assertTrue(Double.isNaN(history.entries().get(6).validation()));
        }
    }

    @Test
    void theHistoryComesBackFromItsFile(@TempDir Path folder) {
        History history = new History();
        history.add(new History.Entry(0, 1.25, 0, 3, 48, 0.1, Double.NaN, Map.of("front", 1.0)));
        history.add(new History.Entry(1, 0.1 + 0.2, 1e-3, 1e-30, 48, 0.3, 2, Map.of("front", 0.5)));
        history.save(folder.resolve("history.csv"));
        assertEquals(
                history.entries(), History.load(folder.resolve("history.csv")).entries());
        assertArrayEquals(
                new String[] {
                    "step",
                    "loss",
                    "rate",
                    "gradient_norm",
                    "tokens",
                    "seconds",
                    "tokens_per_second",
                    "validation",
                    "part_front"
                },
                history.table().columnNames().toArray());
    }
}

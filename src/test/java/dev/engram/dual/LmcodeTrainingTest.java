package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import dev.engram.model.engine.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LmcodeTrainingTest {
    /** Small enough to be learned within seconds. */
    private static final AssociativeRecall TASK = new AssociativeRecall(8, 4, 4, 1, 2);

    private static final LmcodeExperiment EXPERIMENT = new LmcodeExperiment(TASK, 80, 16, 5e-3, 10, 64);

    @BeforeAll
    static void oneThread() {
        Torch.manager(LoadOptions.DeviceChoice.AUTO).close();
        Torch.setThreads(1);
    }

    @Test
    void withALongTermMemoryItRecallsBeyondTheWindowAndWithoutItGuesses() {
        try (LmcodeExperiment.Run with = EXPERIMENT.train(LmcodeExperiment.Arm.of(Memories.LONG_TERM), 1);
                LmcodeExperiment.Run without = EXPERIMENT.train(LmcodeExperiment.Arm.of(Memories.NONE), 1)) {
            assertTrue(with.accuracy() >= 0.9, "with memory " + with.accuracy());
            assertTrue(with.stepsTo(0.9) > 0);
            assertTrue(without.accuracy() < 0.4, "without memory " + without.accuracy());
            assertEquals(-1, without.stepsTo(0.9));
            assertTrue(with.with(Memories.NONE).accuracy() < 0.4, "switched off");
            assertEquals(64, with.perText(Memories.LONG_TERM).length);
            LmcodeExperiment.LayerPoint last = with.layers().get(with.layers().size() - 1);
            assertTrue(last.longTerm() > 0 && last.shortTerm() == 0, last.toString());
        }
    }

    @Test
    void theSameSeedGivesTheSameCurve() {
        LmcodeExperiment few = new LmcodeExperiment(TASK, 4, 8, 5e-3, 2, 16);
        LmcodeExperiment.Arm arm = LmcodeExperiment.Arm.of(Memories.BOTH).withReplay(0.25, 32);
        try (LmcodeExperiment.Run one = few.train(arm, 5);
                LmcodeExperiment.Run two = few.train(arm, 5);
                LmcodeExperiment.Run other = few.train(arm, 6)) {
            double[] a = losses(one);
            assertArrayEquals(a, losses(two), 1e-6);
            assertTrue(Math.abs(a[0] - losses(other)[0]) > 1e-6);
        }
    }

    private static double[] losses(LmcodeExperiment.Run run) {
        return run.curve().stream().mapToDouble(LmcodeExperiment.Point::loss).toArray();
    }

    @Test
    void inTheSeedsQuickStartConsolidationNeverFiresAndTheRateStaysInTheWarmUp() {
        int steps = 10 * new MemoryDataset(texts(1000), 0.2, 1).stepsPerEpoch(32);
        TrainerConfig seeds = TrainerConfig.defaults();
        assertEquals(320, steps);
        assertEquals(0, seeds.consolidations(steps));
        assertEquals(3.19e-5, seeds.rate(steps - 1), 1e-9);
    }

    private static List<Sample> texts(int n) {
        return IntStream.range(0, n).mapToObj(i -> TASK.sample(3, i)).toList();
    }

    /** The quick start at a fiftieth of its size. */
    @Test
    void theTrainerKeepsTheSeedsSchedule() {
        try (Lmcode model = Lmcode.create(LmcodeConfig.tiny(TASK.vocab(), TASK.window()), 1)) {
            TrainerConfig config = TrainerConfig.of(
                    Map.of("memory_consolidation_interval", 20, "warmup_steps", 20, "total_steps", 200));
            MemoryAwareTrainer.Result result =
                    new MemoryAwareTrainer(model, config).train(new MemoryDataset(texts(20), 0.2, 1), 2, 8, texts(4));
            assertEquals(6, result.history().entries().size());
            assertEquals(0, result.consolidations());
            assertEquals(config.rate(5), result.peakRate(), 1e-12);
            assertEquals(2, result.epochs().size());
        }
    }

    @Test
    void consolidationFiresAtItsIntervalAndTotalStepsEndTheRun() {
        try (Lmcode model = Lmcode.create(LmcodeConfig.tiny(TASK.vocab(), TASK.window()), 1);
                MemoryState shared = model.sharedState(2)) {
            try (var scope = model.newScope()) {
                int[][] same = {texts(1).get(0).segments()[0], texts(1).get(0).segments()[0]};
                model.forward(scope, same, shared);
            }
            int before = model.layers().get(0).longTermMemory().size();
            TrainerConfig config =
                    TrainerConfig.of(Map.of("memory_consolidation_interval", 2, "warmup_steps", 0, "total_steps", 5));
            MemoryAwareTrainer.Result result =
                    new MemoryAwareTrainer(model, config).train(new MemoryDataset(texts(16), 0, 1), 9, 8, null);
            assertEquals(5, result.history().entries().size());
            assertEquals(2, result.consolidations());
            assertEquals(0, result.bestEpoch());
            // both rows wrote the same entries
            assertTrue(model.layers().get(0).longTermMemory().size() <= before / 2);
        }
    }

    @Test
    void theBestStateIsKept(@TempDir Path folder) {
        try (Lmcode model = Lmcode.create(LmcodeConfig.tiny(TASK.vocab(), TASK.window()), 1)) {
            TrainerConfig config = new TrainerConfig(5e-3, 0, 1, 1000, 0, 100);
            List<Sample> held = texts(200).subList(190, 200);
            MemoryAwareTrainer.Result result = new MemoryAwareTrainer(model, config)
                    .keepBest(folder)
                    .train(new MemoryDataset(texts(16), 0, 1), 4, 8, held);
            double best =
                    result.epochs().get(result.bestEpoch() - 1).evaluation().loss();
            assertTrue(result.epochs().stream().allMatch(e -> e.evaluation().loss() >= best));
            try (Lmcode saved = Lmcode.load(folder)) {
                assertEquals(best, Evaluation.of(saved, held, Memories.BOTH).loss(), 1e-6);
            }
        }
    }

    @Test
    void markovTextsCostTheirEntropyAndRunOverSegments() {
        SyntheticTexts.Markov chain = new SyntheticTexts.Markov(12, 4);
        List<Sample> texts = chain.texts(5, 20, 8, 1);
        assertEquals(3, texts.get(0).segments().length);
        assertEquals(4, texts.get(0).segments()[2].length);
        assertEquals(19, texts.get(0).labelled());
        assertEquals(texts.get(0).segments()[1][0], texts.get(0).labels()[0][7]);
        assertTrue(chain.entropy() > 0.5 && chain.entropy() < Math.log(3));
        assertThrows(BadInputException.class, () -> SyntheticTexts.uniform(0, 20, 8, 4, 1));
    }

    @Test
    void forgettingAndStabilityGiveRows() {
        ForgettingExperiment.Row row =
                new ForgettingExperiment(12, 8, 8, 4, 8, 5e-3, 8).run(Memories.BOTH, 0.01, 0.25, 1);
        assertTrue(row.lossABefore() < Math.log(12) + 1 && row.forgotten() > -1, row.toString());
        StabilityExperiment.Row stable = new StabilityExperiment(TASK, 5, 4).run(0.01, 1, 1e-3, 1);
        assertEquals(5, stable.steps());
        assertEquals("", stable.stopped());
    }
}

package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is counted is what a model has, and the quick start's arithmetic. */
class CountsTest {
    @Test
    void theLearnedNumbersAreTheModels() {
        LmcodeConfig config = LmcodeConfig.tiny(40, 16);
        ParameterCount count = ParameterCount.of(config);
        try (Lmcode model = Lmcode.create(config, 1)) {
            assertEquals(
                    model.parameters().values().stream()
                            .mapToLong(NDArray::size)
                            .sum(),
                    count.learned());
            assertEquals(
                    model.parameters().entrySet().stream()
                            .filter(e -> e.getKey().contains("_memory."))
                            .mapToLong(e -> e.getValue().size())
                            .sum(),
                    count.memory());
        }
        assertEquals(config.decoder().parameters(), count.base());
    }

    @Test
    void theSlotsAreCountedAsKeyAndValue() {
        ParameterCount count = ParameterCount.of(LmcodeConfig.defaults());
        assertEquals(6L * 10_000 * 512 * 2, count.longTermSlots());
        assertTrue(count.memoryShareWithSlots() > count.memoryShare());
        assertEquals(
                0,
                ParameterCount.of(LmcodeConfig.defaults().withMemories(Memories.NONE))
                        .memoryShareWithSlots());
    }

    @Test
    void theQuickStartEndsInsideItsWarmUpAndNeverConsolidates() {
        Sample sample = new Sample(new int[][] {{1, 2}}, new int[][] {{2, Sample.NONE}});
        MemoryDataset data =
                new MemoryDataset(IntStream.range(0, 1000).mapToObj(i -> sample).toList(), 0.2, 1);
        int steps = 10 * data.stepsPerEpoch(32);
        assertEquals(10 * Math.ceil(1000 / 32.0), steps);
        assertEquals(0, TrainerConfig.defaults().consolidations(steps));
        assertEquals(1e-4 * steps / 1000, TrainerConfig.defaults().rate(steps - 1), 1e-6);
        assertEquals(
                List.of(1, 10),
                List.of(
                        TrainerConfig.defaults().consolidations(1000),
                        TrainerConfig.defaults().consolidations(10_000)));
    }
}

package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import org.junit.jupiter.api.Test;

/** What is counted is what a model has, and the quick start's arithmetic. */
class CountsTest {
    @Test
    void theLearnedNumbersAreTheModels() {
        LmcodeConfig config = LmcodeConfig.tiny(40, 16);
        long learned = ParameterCount.of(config).stream()
                .filter(ParameterCount::learned)
                .mapToLong(ParameterCount::numbers)
                .sum();
        long memory = ParameterCount.of(config).stream()
                .filter(c -> c.learned() && c.memory())
                .mapToLong(ParameterCount::numbers)
                .sum();
        try (Lmcode model = Lmcode.create(config, 1)) {
            assertEquals(
                    model.parameters().values().stream().mapToLong(p -> p.size()).sum(), learned);
            assertEquals(
                    model.parameters().entrySet().stream()
                            .filter(e -> e.getKey().contains("_memory."))
                            .mapToLong(e -> e.getValue().size())
                            .sum(),
                    memory);
        }
        assertEquals(memory / (double) learned, ParameterCount.learnedShare(config), 1e-12);
    }

    @Test
    void withoutMemoriesNothingIsCounted() {
        LmcodeConfig config = LmcodeConfig.tiny(40, 16).withMemories(Memories.NONE);
        assertEquals(0, ParameterCount.learnedShare(config));
        assertEquals(0, ParameterCount.totalShare(config));
        assertEquals(
                config.decoder().parameters(),
                ParameterCount.of(config).stream()
                        .mapToLong(ParameterCount::numbers)
                        .sum());
    }

    @Test
    void theSlotsAreCountedAsKeyAndValue() {
        LmcodeConfig config = LmcodeConfig.defaults();
        assertEquals(
                6L * 10_000 * 512 * 2,
                ParameterCount.of(config).stream()
                        .filter(c -> c.category().equals("long-term slots"))
                        .findFirst()
                        .orElseThrow()
                        .numbers());
        assertTrue(ParameterCount.totalShare(config) > ParameterCount.learnedShare(config));
    }

    @Test
    void theQuickStartEndsBeforeItsOwnWarmUp() {
        QuickStart seed = QuickStart.seed();
        assertEquals(10 * Math.ceil(1000 / 32.0), seed.steps());
        assertEquals(1e-4 * seed.steps() / 1000, seed.reachedLearningRate(), 1e-18);
        assertEquals(0, seed.consolidations());
        QuickStart longer = new QuickStart(1000, 32, 320, 1e-4, 1000, 10_000, 1000);
        assertEquals(1e-4, longer.reachedLearningRate());
        assertEquals(10, longer.consolidations());
        assertThrows(BadInputException.class, () -> new QuickStart(1000, 0, 10, 1e-4, 1, 1, 1));
    }
}

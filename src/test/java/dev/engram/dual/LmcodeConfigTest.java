package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class LmcodeConfigTest {
    private static LmcodeConfig config(int hidden, int heads, int shortTerm, int longTerm, int topK, double eta) {
        return new LmcodeConfig(
                100,
                hidden,
                2,
                heads,
                shortTerm,
                longTerm,
                16,
                topK,
                ReplacementPolicy.FIFO,
                eta,
                1,
                1,
                Memories.BOTH,
                0.02);
    }

    private static void refused(String part, Executable bad) {
        String message = assertThrows(BadInputException.class, bad).getMessage();
        assertTrue(message.contains(part) && message.endsWith("."), message);
    }

    @Test
    void theSeedsQuickStartIsTheDefault() {
        LmcodeConfig c = LmcodeConfig.defaults();
        assertEquals(50257, c.vocabSize());
        assertEquals(512, c.hiddenSize());
        assertEquals(6, c.numLayers());
        assertEquals(8, c.numHeads());
        assertEquals(512, c.shortTermMemorySize());
        assertEquals(10_000, c.longTermMemorySlots());
        assertEquals(0.01, c.updateRate());
    }

    @Test
    void badSettingsGetOneSentence() {
        refused("hidden_size is 100, which 8 heads do not divide", () -> config(100, 8, 4, 8, 2, 0.1));
        refused("must be even", () -> config(24, 8, 4, 8, 2, 0.1));
        refused("short_term_memory_size is 0", () -> config(64, 8, 0, 8, 2, 0.1));
        refused("long_term_memory_slots is -3", () -> config(64, 8, 4, -3, 2, 0.1));
        refused("top_k is 9, but the long-term memory has 8", () -> config(64, 8, 4, 8, 9, 0.1));
        refused("update_rate is 0.0", () -> config(64, 8, 4, 8, 2, 0));
        refused("update_rate is 1.5", () -> config(64, 8, 4, 8, 2, 1.5));
    }

    @Test
    void theTrainersDictionaryKeepsTheSeedsNamesAndDefaults() {
        TrainerConfig c = TrainerConfig.of(Map.of("learning_rate", 3e-4, "warmup_steps", 10));
        assertEquals(new TrainerConfig(3e-4, 0.01, 1.0, 1000, 10, 10_000), c);
        refused("no setting lr", () -> TrainerConfig.of(Map.of("lr", 1e-3)));
        refused(
                "memory_consolidation_interval is 0",
                () -> TrainerConfig.of(Map.of("memory_consolidation_interval", 0)));
        refused("total_steps is 5", () -> TrainerConfig.of(Map.of("total_steps", 5)));
    }

    @Test
    void ofTheSeedsParametersFarMoreThanTwoPercentAreMemory() {
        ParameterCount count = ParameterCount.of(LmcodeConfig.defaults());
        // 50257 · 512 + 1024 · 512 + 6 · 12 · 512² and the norms: the 45.1 million of a tied decoder
        assertEquals(45.1e6, count.base(), 0.1e6);
        assertEquals(61.44e6, count.longTermSlots(), 1e3);
        assertTrue(count.memoryShare() > 0.2 && count.memoryShareWithSlots() > 0.5, count.toString());
    }
}

package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.Sampler;
import dev.engram.model.engine.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits from cosines, and the choice among them: the same processors and warpers as for tokens. */
class MemoryHeadTest {
    private final NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);

    @AfterEach
    void close() {
        manager.close();
    }

    /** Memories at given cosines to the query (1, 0, 0). */
    private static MemoryBank bank(double... cosines) {
        MemoryBank bank = new MemoryBank("m", "s", Centring.none(3), 1000, Eviction.LRU);
        for (int i = 0; i < cosines.length; i++) {
            bank.add(Memory.of("m" + i, "memory " + i), new float[] {
                (float) cosines[i], (float) Math.sqrt(1 - cosines[i] * cosines[i]), 0
            });
        }
        return bank;
    }

    private static final float[] QUERY = {7, 0, 0};

    @Test
    void logitsAreScaledCosines() {
        try (MemoryHead head = new MemoryHead(manager, bank(0.5, -0.25, 1), MemoryHeadConfig.learned(20, 0.1), null)) {
            assertArrayEquals(new float[] {0.5f, -0.25f, 1}, head.cosines(QUERY), 1e-6f);
            assertArrayEquals(new float[] {10, -5, 20, 2}, head.logits(QUERY), 1e-5f);
        }
        try (MemoryHead head = new MemoryHead(manager, bank(0.5, -0.25), MemoryHeadConfig.seed(), null)) {
            assertArrayEquals(new float[] {0.5f, -0.25f}, head.logits(QUERY), 1e-6f);
        }
    }

    /** The calibration of the seed's head: with nine rivals at a gap below the right memory, P = 1 / (1 + 9 exp(−gap / 0.8)). */
    @ParameterizedTest
    @CsvSource({"0.2", "0.5", "1.0"})
    void theSeedsTemperatureHardlyPrefersTheRightMemory(double gap) {
        double[] cosines = new double[10];
        java.util.Arrays.fill(cosines, 0.9 - gap);
        cosines[0] = 0.9;
        double expected = 1 / (1 + 9 * Math.exp(-gap / 0.8));
        try (MemoryHead head = new MemoryHead(manager, bank(cosines), MemoryHeadConfig.seed(), null)) {
            Sampler sampler = head.newSampler();
            int right = 0;
            int draws = 4000;
            for (int i = 0; i < draws; i++) {
                right += head.choose(QUERY, sampler).at() == 0 ? 1 : 0;
            }
            double sd = Math.sqrt(expected * (1 - expected) / draws);
            assertEquals(expected, right / (double) draws, 5 * sd);
            assertTrue(expected < 0.29);
            assertEquals(0, argmax(head).at());
        }
    }

    private Choice argmax(MemoryHead seed) {
        try (MemoryHead head =
                new MemoryHead(manager, seed.bank(), seed.config().withSampling(false), null)) {
            return head.choose(QUERY);
        }
    }

    @Test
    void hitsCountOnTheSelectedMemoryAlone() {
        MemoryBank bank = bank(0.1, 0.9, 0.5);
        try (MemoryHead head = new MemoryHead(manager, bank, MemoryHeadConfig.learned(20, -2), null)) {
            head.choose(QUERY);
            head.choose(QUERY);
        }
        assertEquals(0, bank.hits(0));
        assertEquals(2, bank.hits(1));
        assertEquals(0, bank.hits(2));
    }

    @Test
    void nothingIsAChoice() {
        float[] nothing = {0, 0, 1};
        try (MemoryHead head = new MemoryHead(manager, bank(0.3, 0.2), MemoryHeadConfig.learned(20, 0), nothing)) {
            assertEquals(0, head.choose(QUERY).at());
            Choice choice = head.choose(new float[] {0.1f, 0, 1});
            assertTrue(choice.abstained());
            assertEquals(Choice.NONE, choice.at());
            assertArrayEquals(nothing, head.nothing(), 0);
        }
        try (MemoryHead head = new MemoryHead(
                manager, bank(0.3, 0.2), MemoryHeadConfig.learned(20, 0).withAbstain(false), nothing)) {
            assertFalse(head.choose(new float[] {0.1f, 0, 1}).abstained());
        }
    }

    @Test
    void belowTheFloorNothingIsChosen() {
        MemoryHeadConfig config = MemoryHeadConfig.seed().withSampling(false);
        try (MemoryHead head = new MemoryHead(manager, bank(0.3, 0.2), config.withFloor(0.31), null)) {
            assertTrue(head.choose(QUERY).abstained());
        }
        try (MemoryHead head = new MemoryHead(manager, bank(0.3, 0.2), config.withFloor(0.29), null)) {
            assertEquals(0, head.choose(QUERY).at());
        }
        MemoryBank bank = bank();
        try (MemoryHead head = new MemoryHead(manager, bank, config, null)) {
            assertTrue(head.choose(QUERY).abstained(), "an empty bank");
        }
    }

    @Test
    void theBestAreListedForDebugging() {
        try (MemoryHead head =
                new MemoryHead(manager, bank(0.1, 0.9, 0.5, -1, 0.4, 0.3, 0.2), MemoryHeadConfig.learned(2, 0), null)) {
            var best = head.choose(QUERY).best();
            assertEquals(5, best.size());
            assertEquals(1, best.get(0).at());
            assertEquals(0.9, best.get(0).cosine(), 1e-6);
            assertEquals(1.8, best.get(0).logit(), 1e-5);
            assertEquals(6, best.get(4).at());
        }
    }

    @Test
    void penaltiesReachMemoriesToo() {
        GenerationConfig penal =
                GenerationConfig.greedy(1).withTemperature(0.01).withRepetitionPenalty(3);
        try (MemoryHead head =
                new MemoryHead(manager, bank(0.9, 0.5), MemoryHeadConfig.seed().withSampling(penal), null)) {
            Sampler sampler = head.newSampler();
            assertEquals(0, head.choose(QUERY, sampler).at());
            assertEquals(1, head.choose(QUERY, sampler).at());
        }
    }

    @Test
    void whatIsWrittenIsSeenByTheNextRecall() {
        MemoryBank bank = bank(0.1, 0.2);
        try (MemoryHead head =
                new MemoryHead(manager, bank, MemoryHeadConfig.seed().withSampling(false), null)) {
            assertEquals(1, head.choose(QUERY).at());
            bank.add(Memory.of("new", "new"), new float[] {1, 0.1f, 0});
            assertEquals(2, head.choose(QUERY).at());
            bank.delete("new");
            assertEquals(1, head.choose(QUERY).at());
        }
    }

    @Test
    void badSettingsAreRefused() {
        assertThrows(BadInputException.class, () -> MemoryHeadConfig.learned(0, 0));
        assertThrows(BadInputException.class, () -> MemoryHeadConfig.seed().withFloor(2));
        MemoryBank bank = bank(1);
        assertThrows(
                BadInputException.class, () -> new MemoryHead(manager, bank, MemoryHeadConfig.seed(), new float[2]));
    }
}

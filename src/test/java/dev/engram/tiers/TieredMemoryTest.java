package dev.engram.tiers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.ExactStore;
import dev.engram.tiers.Tier.Limits;
import dev.engram.tiers.TieredMemory.Written;
import dev.langchain4j.data.embedding.Embedding;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Promotion and replacement, computed by hand with vectors of two numbers. */
class TieredMemoryTest {
    private static Embedding at(double degrees) {
        double radians = Math.toRadians(degrees);
        return Embedding.from(new float[] {(float) Math.cos(radians), (float) Math.sin(radians)});
    }

    private static Tier tier(String name, double days) {
        return new Tier(name, new Limits(10_000, days, Keeping.NEWEST), new ExactStore());
    }

    private static TieredMemory three(double promotion, double replacement) {
        return new TieredMemory(
                Map.of(
                        Horizon.SHORT, tier("short", 2),
                        Horizon.MID, tier("mid", 45),
                        Horizon.LONG, tier("long", Double.POSITIVE_INFINITY)),
                promotion,
                replacement);
    }

    private static List<String> ids(TieredMemory memory, Horizon horizon) {
        return memory.tier(horizon).memories().stream().map(Memory::id).toList();
    }

    @Test
    void theGateChoosesTheTier() {
        TieredMemory memory = three(TieredMemory.NEVER, TieredMemory.NEVER);
        for (Horizon h : Horizon.values()) {
            assertEquals(h, memory.write(h.key(), h.key(), at(0), h, 1).horizon());
        }
        assertEquals(List.of("short"), ids(memory, Horizon.SHORT));
        assertEquals(List.of("mid"), ids(memory, Horizon.MID));
        assertEquals(List.of("long"), ids(memory, Horizon.LONG));
        assertEquals(0.5, memory.tier(Horizon.MID).memories().iterator().next().importance());
    }

    @Test
    void aTextThatCorrelatesGoesUpAndTakesItsLikeWithIt() {
        TieredMemory memory = three(0.8, TieredMemory.NEVER);
        Written first = memory.write("a", "a", at(0), Horizon.SHORT, 1);
        assertEquals(new Written(Horizon.SHORT, false, -1, List.of()), first);
        // cos 60° = 0.5 stays; cos 30° = 0.866 to the second goes up, with the second
        Written second = memory.write("b", "b", at(60), Horizon.SHORT, 1);
        assertEquals(0.5, second.nearest(), 1e-6);
        assertFalse(second.promoted());
        Written third = memory.write("c", "c", at(90), Horizon.SHORT, 1);
        assertEquals(Math.cos(Math.PI / 6), third.nearest(), 1e-6);
        assertTrue(third.promoted());
        assertEquals(List.of("a"), ids(memory, Horizon.SHORT));
        assertEquals(List.of("b", "c"), ids(memory, Horizon.MID));
        assertEquals(1, memory.tier(Horizon.MID).memories().iterator().next().day(), "b keeps its day");
        // what lies in the mid term counts too: 90° and 100°
        assertTrue(memory.write("d", "d", at(100), Horizon.SHORT, 2).promoted());
        // the long term does not
        TieredMemory other = three(0.8, TieredMemory.NEVER);
        other.write("l", "l", at(0), Horizon.LONG, 1);
        assertFalse(other.write("s", "s", at(0), Horizon.SHORT, 1).promoted());
    }

    @Test
    void theThresholdItselfPromotes() {
        TieredMemory memory = three(1, TieredMemory.NEVER);
        memory.write("a", "a", Embedding.from(new float[] {1, 0}), Horizon.SHORT, 1);
        assertTrue(memory.write("b", "b", Embedding.from(new float[] {2, 0}), Horizon.SHORT, 1)
                .promoted());
    }

    @Test
    void whatHasExpiredPromotesNothing() {
        TieredMemory memory = three(0.8, TieredMemory.NEVER);
        memory.write("a", "a", at(0), Horizon.SHORT, 1);
        assertFalse(memory.write("b", "b", at(0), Horizon.SHORT, 3.1).promoted());
    }

    @Test
    void aNewValueReplacesTheOldOne() {
        TieredMemory memory = three(TieredMemory.NEVER, 0.9);
        memory.write("old", "58 kg", at(0), Horizon.MID, 1);
        memory.write("far", "tea", at(60), Horizon.LONG, 1);
        assertEquals(
                List.of("old"),
                memory.write("new", "57 kg", at(10), Horizon.MID, 2).replaced());
        assertEquals(
                List.of("new", "far"),
                memory.read(at(0), 5, 2).stream().map(f -> f.memory().id()).toList());
    }

    @Test
    void theLatestWithinTheMarginIsRead() {
        TieredMemory memory = three(TieredMemory.NEVER, TieredMemory.NEVER);
        memory.write("old", "58 kg", at(0), Horizon.LONG, 1);
        memory.write("new", "57 kg", at(10), Horizon.LONG, 2);
        memory.write("far", "tea", at(80), Horizon.LONG, 3);
        assertEquals("old", memory.latest(at(0), 0.01, 3).orElseThrow().id());
        assertEquals("new", memory.latest(at(0), 0.02, 3).orElseThrow().id());
        assertTrue(three(2, 2).latest(at(0), 0.1, 1).isEmpty());
    }

    @Test
    void oneStoreIsCountedOnce() {
        Tier one = tier("one", 1e9);
        TieredMemory memory = new TieredMemory(
                Map.of(Horizon.SHORT, one, Horizon.MID, one, Horizon.LONG, one), 2, TieredMemory.NEVER);
        memory.write("a", "a", at(0), Horizon.SHORT, 1);
        memory.write("b", "b", at(0), Horizon.LONG, 1);
        assertEquals(18, memory.bytes());
        assertEquals(2, memory.read(at(0), 5, 1).size());
    }

    @Test
    void badSettingsAreSaid() {
        assertThrows(BadInputException.class, () -> three(1.5, 2));
        assertThrows(BadInputException.class, () -> three(Double.NaN, 2));
        assertThrows(BadInputException.class, () -> three(2, -1));
        assertThrows(BadInputException.class, () -> new TieredMemory(Map.of(Horizon.SHORT, tier("s", 1)), 2, 2));
    }
}

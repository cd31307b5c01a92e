package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who goes, what time does, what the index may miss, and that a damaged or foreign file is refused. */
class LongTermMemoryTest {
    private static final int WIDTH = 3;

    @TempDir
    private Path folder;

    private static LongTermMemory memory(int slots, Replacement replacement) {
        return new LongTermMemory(slots, WIDTH, replacement, 1);
    }

    /** Axis i as key: a query of it finds slot i. */
    private static float[] axis(int i) {
        float[] v = new float[WIDTH];
        v[i] = 10;
        return v;
    }

    /** Three entries of importance 3, 1, 2, of which the first is found twice, the second once and last. */
    private static LongTermMemory three(Replacement replacement) {
        LongTermMemory memory = memory(3, replacement);
        memory.write(axis(0), axis(0), 3);
        memory.write(axis(1), axis(1), 1);
        memory.write(axis(2), axis(2), 2);
        memory.retrieve(axis(0), 1);
        memory.retrieve(axis(0), 1);
        memory.retrieve(axis(1), 1);
        return memory;
    }

    @Test
    void agesAndHitsCountOperations() {
        LongTermMemory memory = three(ReplacementPolicy.FIFO);
        assertEquals(6, memory.clock());
        assertEquals(List.of(5L, 4L, 3L), List.of(memory.age(0), memory.age(1), memory.age(2)));
        assertEquals(List.of(1L, 0L, 3L), List.of(memory.idle(0), memory.idle(1), memory.idle(2)));
        assertEquals(List.of(2L, 1L, 0L), List.of(memory.hits(0), memory.hits(1), memory.hits(2)));
    }

    @ParameterizedTest
    @CsvSource({"FIFO,0", "LEAST_IMPORTANT,1", "LEAST_RECENTLY_USED,2"})
    void eachRuleHasItsOwnVictim(ReplacementPolicy rule, int victim) {
        LongTermMemory memory = three(rule);
        assertEquals(victim, memory.write(axis(0), axis(1), 7));
        assertEquals(7, memory.importance(victim));
        assertEquals(0, memory.age(victim));
        assertEquals(0, memory.hits(victim));
    }

    @Test
    void ofEqualsTheOldestGoes() {
        LongTermMemory memory = memory(3, ReplacementPolicy.LEAST_IMPORTANT);
        for (int i = 0; i < 3; i++) {
            memory.write(axis(i), axis(i), 1);
        }
        assertEquals(0, memory.write(axis(0), axis(0), 1));
        assertEquals(1, memory.write(axis(0), axis(0), 1));
    }

    @Test
    void theHybridHalvesImportanceAfterAsManyOperationsAsSlots() {
        LongTermMemory memory = three(ReplacementPolicy.HYBRID);
        assertEquals(3 * Math.pow(0.5, 1 / 3.0), ReplacementPolicy.HYBRID.worth(memory, 0), 1e-12);
        assertEquals(2 * 0.5, ReplacementPolicy.HYBRID.worth(memory, 2), 1e-12);
        memory.reinforce(1, 0.5);
        assertEquals(2, memory.write(axis(0), axis(0), 1)); // 1.5 fresh is worth more than 2 halved
    }

    @Test
    void theRandomControlDrawsFromTheSeed() {
        Set<Integer> victims = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            LongTermMemory a = new LongTermMemory(4, WIDTH, ReplacementPolicy.RANDOM, i);
            LongTermMemory b = new LongTermMemory(4, WIDTH, ReplacementPolicy.RANDOM, i);
            for (int j = 0; j < 4; j++) {
                a.write(axis(0), axis(0), 1);
                b.write(axis(0), axis(0), 1);
            }
            int victim = a.write(axis(1), axis(1), 1);
            assertEquals(victim, b.write(axis(1), axis(1), 1));
            victims.add(victim);
        }
        assertEquals(Set.of(0, 1, 2, 3), victims);
    }

    @Test
    void aFreeSlotIsTakenBeforeAnyoneGoes() {
        LongTermMemory memory = memory(3, ReplacementPolicy.FIFO);
        memory.write(axis(0), axis(0), 1);
        memory.write(axis(0), axis(1), 1);
        memory.write(axis(1), axis(1), 1);
        Consolidation did = memory.consolidate(0.1, Reading.DISTANCE_BELOW);
        assertArrayEquals(new int[] {0, 0, 2}, did.target());
        assertFalse(memory.isUsed(1));
        assertEquals(1, memory.write(axis(2), axis(2), 1));
    }

    @Test
    void importanceLiftsAnEntryAndWithoutWeightItDoesNot() {
        LongTermMemory with = memory(2, ReplacementPolicy.FIFO);
        LongTermMemory without = new LongTermMemory(2, WIDTH, ReplacementPolicy.FIFO, 1, 0);
        for (LongTermMemory m : List.of(with, without)) {
            m.write(new float[] {1, 0, 0}, axis(0), 1);
            m.write(new float[] {0.9f, 0, 0}, axis(1), 2);
        }
        assertEquals(1, with.search(new float[] {1, 0, 0}, 1).slots()[0]);
        assertEquals(0, without.search(new float[] {1, 0, 0}, 1).slots()[0]);
    }

    @Test
    void searchLeavesNoTraceAndKMayBeMoreThanThereIs() {
        LongTermMemory memory = three(ReplacementPolicy.FIFO);
        assertEquals(3, memory.search(axis(2), 9).size());
        assertEquals(6, memory.clock());
        assertEquals(0, memory.hits(2));
        assertEquals(0, memory(2, ReplacementPolicy.FIFO).retrieve(axis(0), 4).size());
        assertArrayEquals(new float[WIDTH], memory.read(new Retrieved(new int[0], new float[0])), 0);
    }

    @Test
    void aThresholdOnTheScoreLeavesTheBest() {
        Retrieved found = new Retrieved(new int[] {4, 2, 7}, new float[] {3, 1, -2});
        assertArrayEquals(new int[] {4, 2}, found.atLeast(1).slots());
        assertArrayEquals(new float[] {3, 1}, found.atLeast(1).scores(), 0);
        assertEquals(0, found.atLeast(3.5).size());
        assertEquals(3, found.atLeast(-9).size());
    }

    @Test
    void copiesGoInAndOut() {
        LongTermMemory memory = memory(1, ReplacementPolicy.FIFO);
        float[] key = axis(0);
        memory.write(key, key, 1);
        key[0] = 0;
        memory.key(0)[0] = -1;
        assertArrayEquals(axis(0), memory.key(0), 0);
        memory.clear();
        assertEquals(0, memory.size());
        assertEquals(0, memory.clock());
    }

    @ParameterizedTest
    @EnumSource(ReplacementPolicy.class)
    void theIndexFollowsEveryChange(ReplacementPolicy rule) {
        indexFollows(IndexKind.GRAPH, rule, 0.97);
        indexFollows(IndexKind.PROJECTED, rule, 1); // with 16 numbers the bound is certain
    }

    private static void indexFollows(IndexKind kind, ReplacementPolicy rule, double least) {
        int width = 16;
        SplittableRandom random = new SplittableRandom(3);
        LongTermMemory indexed = new LongTermMemory(300, width, rule, 5);
        LongTermMemory exact = new LongTermMemory(300, width, rule, 5);
        indexed.buildIndex(kind);
        int found = 0;
        int asked = 0;
        for (int i = 0; i < 900; i++) {
            float[] key = normal(random, width);
            double importance = random.nextDouble(0.5, 2);
            assertEquals(exact.write(key, key, importance), indexed.write(key, key, importance));
            if (i == 500) {
                exact.consolidate(0.3, Reading.DISTANCE_BELOW);
                indexed.consolidate(0.3, Reading.DISTANCE_BELOW);
            }
            if (i % 9 == 0) {
                float[] query = normal(random, width);
                Retrieved right = exact.search(query, 5);
                Retrieved got = indexed.search(query, 5);
                assertEquals(right.size(), got.size());
                Set<Integer> slots = new HashSet<>();
                for (int s = 0; s < got.size(); s++) {
                    slots.add(got.slots()[s]);
                    assertEquals(exact.score(query, got.slots()[s]), got.scores()[s], 1e-6);
                }
                for (int s : right.slots()) {
                    found += slots.contains(s) ? 1 : 0;
                    asked++;
                }
            }
        }
        assertTrue(found >= least * asked, kind + ": " + found + " of " + asked);
    }

    @Test
    void importanceThatGrowsIsSeenByTheProjectedIndex() {
        SplittableRandom random = new SplittableRandom(4);
        LongTermMemory memory = new LongTermMemory(200, 32, ReplacementPolicy.FIFO, 5);
        for (int i = 0; i < 200; i++) {
            float[] key = normal(random, 32);
            memory.write(key, key, 1);
        }
        memory.buildIndex(IndexKind.PROJECTED);
        float[] query = normal(random, 32);
        int last = memory.searchExactly(query, 200).slots()[199];
        memory.reinforce(last, 1e12);
        assertEquals(last, memory.search(query, 1).slots()[0]);
        assertTrue(assertThrows(BadInputException.class, () -> memory.searchBy(IndexKind.GRAPH, query, 1))
                .getMessage()
                .contains("no index GRAPH"));
    }

    @Test
    void theProjectedIndexComparesFewSlotsWhereKeysHaveFewDirections() {
        SplittableRandom random = new SplittableRandom(6);
        int width = 128;
        float[][] axes = new float[4][];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = normal(random, width);
        }
        LongTermMemory memory = new LongTermMemory(1000, width, ReplacementPolicy.FIFO, 5);
        for (int i = 0; i < 1000; i++) {
            float[] key = along(random, axes, width);
            memory.write(key, key, 1);
        }
        ProjectedIndex index = new ProjectedIndex(memory);
        for (int i = 0; i < 20; i++) {
            float[] query = along(random, axes, width);
            Set<Integer> seen = new HashSet<>();
            index.candidates(query, 8, s -> assertTrue(seen.add(s), "twice " + s));
            assertTrue(seen.size() < 100, seen.size() + " compared in full");
            for (int s : memory.searchExactly(query, 8).slots()) {
                assertTrue(seen.contains(s), "missed " + s);
            }
        }
    }

    private static float[] along(SplittableRandom random, float[][] axes, int width) {
        float[] v = normal(random, width);
        for (int i = 0; i < width; i++) {
            v[i] *= 0.1f;
        }
        for (float[] a : axes) {
            float length = (float) random.nextGaussian();
            for (int i = 0; i < width; i++) {
                v[i] += length * a[i];
            }
        }
        return v;
    }

    static float[] normal(SplittableRandom random, int width) {
        float[] v = new float[width];
        for (int i = 0; i < width; i++) {
            v[i] = (float) random.nextGaussian();
        }
        return v;
    }

    @Test
    void savedAndLoadedIsTheSame() {
        LongTermMemory memory = three(ReplacementPolicy.FIFO);
        memory.write(axis(0), new float[] {1, 2, 3}, 0.1 + 0.2);
        memory.consolidate(0.1, Reading.DISTANCE_BELOW);
        memory.save(folder);
        LongTermMemory again = LongTermMemory.load(folder, WIDTH, ReplacementPolicy.FIFO, 1);
        assertEquals(memory.clock(), again.clock());
        assertEquals(memory.size(), again.size());
        assertEquals(memory.slots(), again.slots());
        for (int s = 0; s < 3; s++) {
            assertEquals(memory.isUsed(s), again.isUsed(s));
            if (memory.isUsed(s)) {
                assertEquals(memory.state(s), again.state(s));
                assertArrayEquals(memory.key(s), again.key(s), 0);
                assertArrayEquals(memory.value(s), again.value(s), 0);
            }
        }
        assertEquals(memory.write(axis(1), axis(1), 1), again.write(axis(1), axis(1), 1));
    }

    @Test
    void savingAgainLeavesOneMemory() throws IOException {
        three(ReplacementPolicy.FIFO).save(folder);
        memory(7, ReplacementPolicy.FIFO).save(folder);
        assertEquals(
                7, LongTermMemory.load(folder, WIDTH, ReplacementPolicy.FIFO, 1).slots());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    @Test
    void anotherWidthIsRefused() {
        three(ReplacementPolicy.FIFO).save(folder);
        assertEquals(
                folder + " holds vectors of 3 numbers, but 4 are expected; load it with the model that wrote it.",
                refusal(() -> LongTermMemory.load(folder, 4, ReplacementPolicy.FIFO, 1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"slot\":[0,1,2]     | \"slot\":[0,1,3]",
                "\"slot\":[0,1,2]     | \"slot\":[0,1,1]",
                "\"slot\":[0,1,2]     | \"slot\":[0,-1,2]",
                "\"slot\":[0,1,2]     | \"slot\":[0,1]",
                "\"slot\":[0,1,2]     | \"slot\":null",
                "\"slots\":3          | \"slots\":2",
                "\"width\":3          | \"width\":2147483647",
                "\"importance\":3.0   | \"importance\":-3.0",
                "\"importance\":3.0   | \"importance\":0",
                "\"lastUse\":6        | \"lastUse\":7",
                "\"clock\":6          | \"clock\":-6",
                "{                    | [",
            })
    void damagedSlotsAreRefused(String before, String after) throws IOException {
        three(ReplacementPolicy.FIFO).save(folder);
        Path slots;
        try (Stream<Path> files = Files.list(folder)) {
            slots = files.filter(f -> f.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
        }
        String text = Files.readString(slots);
        assertTrue(text.contains(before), text);
        Files.writeString(slots, text.replace(before, after));
        String message = refusal(() -> LongTermMemory.load(folder, WIDTH, ReplacementPolicy.FIFO, 1));
        assertTrue(message.contains("is damaged") || message.contains("are expected"), message);
    }

    @Test
    void aCutOrForeignFileIsRefused() throws IOException {
        assertTrue(refusal(() -> LongTermMemory.load(folder, WIDTH, ReplacementPolicy.FIFO, 1))
                .contains("holds no long-term memory"));
        three(ReplacementPolicy.FIFO).save(folder);
        Path vectors = folder.resolve("long-term.safetensors");
        byte[] bytes = Files.readAllBytes(vectors);
        Files.write(vectors, Arrays.copyOf(bytes, bytes.length - 4));
        assertThrows(BadInputException.class, () -> LongTermMemory.load(folder, WIDTH, ReplacementPolicy.FIFO, 1));
    }

    @Test
    void badInputGetsOneSentence() {
        LongTermMemory memory = three(ReplacementPolicy.FIFO);
        assertEquals(
                "The long-term memory's number of slots is 0; give at least 1.",
                refusal(() -> memory(0, ReplacementPolicy.FIFO)));
        assertEquals(
                "The long-term memory's consolidation threshold is 2.5; give 0.0 to 2.0 for DISTANCE_BELOW.",
                refusal(() -> memory.consolidate(2.5, Reading.DISTANCE_BELOW)));
        assertTrue(refusal(() -> memory.consolidate(Double.NaN, Reading.SIMILARITY_ABOVE))
                .contains("NaN"));
        assertTrue(refusal(() -> memory.write(new float[2], axis(0), 1)).contains("has 2 numbers"));
        assertTrue(refusal(() -> memory.write(axis(0), new float[] {0, Float.NaN, 0}, 1))
                .contains("not finite"));
        assertTrue(refusal(() -> memory.write(axis(0), axis(0), 0)).contains("importance is 0"));
        assertTrue(refusal(() -> memory.retrieve(axis(0), 0)).contains("k is 0"));
        assertTrue(refusal(() -> memory.key(3)).contains("is empty"));
        assertTrue(refusal(() -> new LongTermMemory(1, 1, ReplacementPolicy.FIFO, 1, -1))
                .contains("weight is -1"));
    }

    private static String refusal(Executable call) {
        return assertThrows(BadInputException.class, call).getMessage();
    }
}

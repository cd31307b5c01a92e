package dev.engram.dual.baselines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.model.BadInputException;
import org.junit.jupiter.api.Test;

/** The published rules of the two baselines. */
class PoolsTest {
    private static final float[] EAST = {1, 0};
    private static final float[] NORTH = {0, 1};
    private static final float[] WEST = {-1, 0};

    @Test
    void camelotMergesTheSimilarAndReplacesTheOldest() {
        CamelotMemory memory = new CamelotMemory(2, 2, 0.9);
        assertEquals(0, memory.write(EAST, new float[] {4, 0}));
        assertEquals(1, memory.write(NORTH, new float[] {0, 8}));
        assertEquals(0, memory.write(new float[] {4, 1}, new float[] {8, 2})); // cosine 0.97: joins, and is young again
        assertEquals(2, memory.count(0));
        assertEquals(0, memory.age(0));
        assertEquals(1, memory.age(1));
        assertArrayEquals(new float[] {2.5f, 0.5f}, memory.key(0), 1e-6f);
        assertArrayEquals(new float[] {6, 1}, memory.value(0), 1e-6f);
        assertEquals(0, memory.write(EAST, new float[] {0, 1})); // the third of three
        assertArrayEquals(new float[] {2, 1.0f / 3}, memory.key(0), 1e-6f);
        assertEquals(1, memory.write(WEST, WEST)); // novel: the oldest goes, which is north
        assertEquals(1, memory.count(1));
        assertArrayEquals(WEST, memory.read(WEST), 0);
        assertEquals(2, memory.size());
    }

    @Test
    void anEmptyPoolReadsNothing() {
        assertArrayEquals(new float[2], new CamelotMemory(2, 2, 0).read(EAST), 0);
        assertArrayEquals(new float[2], new MemoryLlmPool(4, 2, 2, 1).read(EAST), 0);
    }

    @Test
    void memoryLlmDropsKOfNAtRandom() {
        int n = 120;
        int k = 12;
        int[] after = {1, 5, 10, 20};
        double[] left = new double[after.length];
        double[] expected = new double[after.length];
        int runs = 150;
        for (int run = 0; run < runs; run++) {
            MemoryLlmPool pool = new MemoryLlmPool(n, k, 1, run);
            int watched = n / k; // the update that fills it
            for (int u = 1; u <= watched; u++) {
                pool.update(new float[k][1], new float[k][1]);
            }
            assertEquals(n, pool.size());
            for (int t = 1, at = 0; t <= 20; t++) {
                pool.update(new float[k][1], new float[k][1]);
                assertEquals(n, pool.size());
                if (t == after[at]) {
                    left[at] += pool.left(watched) / runs;
                    expected[at] = pool.expected(t);
                    at++;
                }
            }
        }
        // one run's share has a deviation below 0.15, the mean of 150 one below 0.0125
        assertArrayEquals(expected, left, 0.04);
        assertEquals(Math.pow(0.9, 20), expected[3], 1e-12);
    }

    @Test
    void memoryLlmAveragesStretchesAndAttendsToAll() {
        MemoryLlmPool pool = new MemoryLlmPool(4, 2, 2, 1);
        pool.update(new float[][] {{10, 0}, {10, 0}, {0, 10}, {0, 10}}, new float[][] {{1, 0}, {3, 0}, {0, 5}, {0, 7}});
        float logit = 10 * 10 / (float) Math.sqrt(2);
        float other = (float) (1 / (1 + Math.exp(logit)));
        assertArrayEquals(new float[] {2 * (1 - other), 6 * other}, pool.read(new float[] {10, 0}), 1e-5f);
        assertEquals(1, pool.left(1));
        assertEquals(1, pool.updates());
    }

    @Test
    void theLongTermPoolLearnsWhatIsRead() {
        LongTermMemory memory = new LongTermMemory(2, 2, ReplacementPolicy.LEAST_IMPORTANT, 1);
        LongTermPool pool = new LongTermPool("store", memory, 1);
        pool.update(new float[][] {EAST, NORTH}, new float[][] {EAST, NORTH});
        assertArrayEquals(EAST, pool.read(new float[] {5, 0}), 0);
        assertEquals(2, memory.importance(0), 1e-6);
        pool.update(new float[][] {WEST}, new float[][] {WEST});
        assertArrayEquals(EAST, memory.key(0), 0);
        assertArrayEquals(WEST, memory.key(1), 0);
    }

    @Test
    void badSettingsGetOneSentence() {
        assertTrue(assertThrows(BadInputException.class, () -> new CamelotMemory(2, 2, 1.5))
                .getMessage()
                .contains("1.5"));
        assertThrows(BadInputException.class, () -> new CamelotMemory(0, 2, 0));
        assertThrows(BadInputException.class, () -> new MemoryLlmPool(4, 5, 2, 1));
        MemoryLlmPool pool = new MemoryLlmPool(4, 2, 2, 1);
        assertThrows(BadInputException.class, () -> pool.update(new float[1][2], new float[1][2]));
        assertThrows(BadInputException.class, () -> pool.update(new float[2][3], new float[2][2]));
    }
}

package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Retrieval, the soft read and consolidation against NumPy; golden/dual/make_store.py made the numbers. */
class LongTermGoldenTest {
    record Merged(
            String reading,
            double threshold,
            int[] target,
            float[][] keys,
            float[][] values,
            double[] importance,
            int[] merged) {}

    record Golden(
            float[][] keys,
            float[][] values,
            double[] importance,
            float[][] queries,
            double lambda,
            float[][] scores,
            int[][] slots,
            float[][] weights,
            float[][] read,
            List<Merged> merges) {}

    private static final Golden GOLDEN = read();

    private static Golden read() {
        try (Reader in = new InputStreamReader(
                Objects.requireNonNull(LongTermGoldenTest.class.getResourceAsStream("/golden/dual/store.json")),
                StandardCharsets.UTF_8)) {
            return new Gson().fromJson(in, Golden.class);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static LongTermMemory filled() {
        LongTermMemory memory =
                new LongTermMemory(GOLDEN.keys.length, GOLDEN.keys[0].length, ReplacementPolicy.FIFO, 1, GOLDEN.lambda);
        for (int i = 0; i < GOLDEN.keys.length; i++) {
            assertEquals(i, memory.write(GOLDEN.keys[i], GOLDEN.values[i], GOLDEN.importance[i]));
        }
        return memory;
    }

    @Test
    void scoresAndTheSoftReadAreNumpys() {
        LongTermMemory memory = filled();
        for (int q = 0; q < GOLDEN.queries.length; q++) {
            Retrieved found = memory.retrieve(GOLDEN.queries[q], GOLDEN.slots[q].length);
            assertArrayEquals(GOLDEN.slots[q], found.slots());
            for (int s = 0; s < memory.slots(); s++) {
                assertEquals(GOLDEN.scores[q][s], memory.score(GOLDEN.queries[q], s), 2e-6);
            }
            assertArrayEquals(GOLDEN.weights[q], found.weights(), 1e-6f);
            assertArrayEquals(GOLDEN.read[q], memory.read(found), 2e-6f);
        }
    }

    @Test
    void theIndexFindsTheSameInASmallMemory() {
        LongTermMemory memory = filled();
        memory.buildIndex(IndexKind.GRAPH);
        for (int q = 0; q < GOLDEN.queries.length; q++) {
            assertArrayEquals(
                    GOLDEN.slots[q],
                    memory.search(GOLDEN.queries[q], GOLDEN.slots[q].length).slots());
        }
    }

    @Test
    void consolidationIsNumpysInBothReadings() {
        for (Merged expected : GOLDEN.merges) {
            LongTermMemory memory = filled();
            Consolidation did = memory.consolidate(expected.threshold, Reading.valueOf(expected.reading));
            String which = expected.reading + " " + expected.threshold;
            assertArrayEquals(expected.target, did.target(), which);
            assertEquals(expected.merged.length, did.after(), which);
            assertEquals(expected.merged.length, memory.size(), which);
            int at = 0;
            for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1), at++) {
                assertArrayEquals(expected.keys[at], memory.key(s), 2e-6f, which);
                assertArrayEquals(expected.values[at], memory.value(s), 2e-6f, which);
                assertEquals(expected.importance[at], memory.importance(s), 1e-9, which);
                assertEquals(expected.merged[at], memory.merged(s), which);
            }
        }
    }
}

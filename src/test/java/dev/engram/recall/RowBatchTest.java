package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two rows of unlike lengths, place by place. */
class RowBatchTest extends WithTinyRecall {
    private static final int NONE = RecallRow.IGNORED;
    private static final RecallRow LONG = new RecallRow(
            RecallRow.Type.MEMORY_FRONT, new int[] {5, 6, 7, 8}, new int[] {NONE, 6, NONE, 8}, 1, 2, 0, 0);
    private static final RecallRow SHORT = RecallRow.unlabelled(new int[] {9, 10}, 3);
    private static final RowBatch BATCH = new RowBatch(List.of(LONG, SHORT), 77);

    @Test
    void paddedOnTheRight() {
        assertArrayEquals(new int[][] {{5, 6, 7, 8}, {9, 10, 77, 77}}, BATCH.ids());
        assertEquals(8, BATCH.tokens());
        assertEquals(List.of(LONG, SHORT), BATCH.rows());
    }

    /** A place is asked for the token after it, and a row's end and its padding for nothing. */
    @Test
    void labelsAreThoseOfTheNextToken() {
        assertArrayEquals(new int[][] {{6, NONE, 8, NONE}, {NONE, NONE, NONE, NONE}}, BATCH.labels());
        try (NDManager scope = tiny.lm.decoder().newScope()) {
            assertArrayEquals(new long[] {0, 2}, BATCH.predicting(scope).toLongArray());
            RowBatch turned = new RowBatch(List.of(SHORT, LONG), 77);
            assertArrayEquals(new long[] {4, 6}, turned.predicting(scope).toLongArray());
        }
    }

    @Test
    void recallsAreFlatPlaces() {
        try (NDManager scope = tiny.lm.decoder().newScope()) {
            assertArrayEquals(new long[] {1, 5}, BATCH.recalls(scope).toLongArray());
        }
    }

    @Test
    void onlyARowWithAPlaceForAVectorGetsOne() {
        assertTrue(BATCH.injects());
        assertFalse(new RowBatch(List.of(SHORT), 0).injects());
        RecallRow first = new RecallRow(RecallRow.Type.MEMORY_FRONT, new int[] {1}, new int[] {NONE}, -1, 0, 0, 0);
        assertTrue(new RowBatch(List.of(first), 0).injects(), "the first place is one too");
        try (NDManager scope = tiny.lm.decoder().newScope()) {
            NDArray[] in = new RowBatch(List.of(SHORT, LONG), 77).injection(scope, 2, row -> new float[] {3, 4});
            assertEquals(new Shape(2, 4, 2), in[0].getShape());
            assertEquals(new Shape(2, 4, 1), in[1].getShape());
            float[] values = new float[16];
            values[12] = 3;
            values[13] = 4;
            assertArrayEquals(values, in[0].toFloatArray());
            assertArrayEquals(new float[] {0, 0, 0, 0, 0, 0, 1, 0}, in[1].toFloatArray());
        }
    }
}

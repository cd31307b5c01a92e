package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that end together. */
class LeftPaddedTest {
    @Test
    void rowsEndTogether() {
        LeftPadded batch = LeftPadded.of(List.of(new int[] {5, 6, 7}, new int[] {8}, new int[] {}), 9);
        assertArrayEquals(new int[][] {{5, 6, 7}, {9, 9, 8}, {9, 9, 9}}, batch.ids());
        assertArrayEquals(new int[] {0, 2, 3}, batch.padding());
        assertEquals(3, batch.width());
    }

    @Test
    void noRowsHaveNoWidth() {
        assertEquals(0, LeftPadded.of(List.of(), 0).width());
    }
}

package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class TopSlotsTest {
    @Test
    void theHighestStayInTheirOrder() {
        assertArrayEquals(new int[] {0, 3}, TopSlots.of(new float[] {5, 1, 2, 7}, 2));
        assertArrayEquals(new int[] {0, 1, 2, 3}, TopSlots.of(new float[] {5, 1, 2, 7}, 9));
        assertArrayEquals(new int[0], TopSlots.of(new float[] {5, 1}, 0));
    }

    @Test
    void ofEqualScoresTheLaterStays() {
        assertArrayEquals(new int[] {2, 3}, TopSlots.of(new float[] {1, 1, 1, 1}, 2));
        assertArrayEquals(new int[] {0, 3}, TopSlots.of(new float[] {2, 1, 1, 1}, 2));
    }

    @Test
    void notANumberIsTheLowest() {
        assertArrayEquals(new int[] {1, 2}, TopSlots.of(new float[] {Float.NaN, -1e30f, Float.POSITIVE_INFINITY}, 2));
    }

    @Test
    void allButOne() {
        assertArrayEquals(new int[] {0, 2, 3}, TopSlots.of(new float[] {5, 1, 2, 7}, 3));
        assertArrayEquals(new int[] {0, 2, 3}, TopSlots.of(new float[] {5, 1, 1, 7}, 3));
        assertArrayEquals(new int[] {0, 1}, TopSlots.of(new float[] {-1e30f, 3, Float.NaN}, 2));
        assertArrayEquals(new int[] {1, 2}, TopSlots.of(new float[] {1, 1, 1}, 2));
        assertArrayEquals(
                new int[] {1}, TopSlots.of(new float[] {Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY}, 1));
    }
}

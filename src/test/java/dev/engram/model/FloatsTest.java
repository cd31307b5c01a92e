package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.engine.Torch;
import org.junit.jupiter.api.Test;

class FloatsTest {
    @Test
    void rowsHeadsAndMeans() {
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU)) {
            NDArray x = manager.arange(12f).reshape(new Shape(1, 2, 3, 2)); // 2 tokens, 3 heads, 2 numbers
            assertEquals(6, Floats.rows(x).length);
            assertArrayEquals(new float[] {10, 11}, Floats.rows(x)[5]);
            assertArrayEquals(new float[][] {{2, 3}, {8, 9}}, Floats.head(x, 1));
            assertArrayEquals(new double[] {5, 6}, Floats.mean(Floats.head(x, 1)));
            assertThrows(IllegalArgumentException.class, () -> Floats.head(x, 3));
            assertThrows(IllegalArgumentException.class, () -> Floats.rows(manager.create(1f)));
        }
    }

    @Test
    void aSliceGivesItsOwnNumbers() {
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU)) {
            NDArray x = manager.arange(12f).reshape(new Shape(1, 2, 3, 2));
            NDArray tail = x.get(new NDIndex(":, :, 1:"));
            assertArrayEquals(new float[][] {{2, 3}, {8, 9}}, Floats.head(tail, 0));
        }
    }
}

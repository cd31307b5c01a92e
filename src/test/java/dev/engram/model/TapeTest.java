package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Torch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a graph needs is still there when it is read backwards. */
class TapeTest {
    /** A number that is freed before the backward pass is overwritten by what is allocated next; NDArray.mul(Number) fails here. */
    @Test
    void aFactorOutlivesTheForwardPass() {
        try (NDManager manager = Torch.manager(DeviceChoice.CPU)) {
            NDArray x = manager.ones(new Shape(3));
            x.setRequiresGradient(true);
            float expected = 0;
            for (int i = 0; i < 20; i++) {
                try (NDManager scope = manager.newSubManager();
                        Tape tape = Tape.open()) {
                    List<NDArray> all = new ArrayList<>();
                    for (int j = 0; j < 50; j++) {
                        all.add(Tape.times(scope, x, 0.25));
                        expected += 0.25f;
                    }
                    System.gc();
                    junk();
                    NDArray sum = all.get(0);
                    for (NDArray term : all.subList(1, all.size())) {
                        sum = sum.add(term);
                    }
                    tape.backward(sum.sum());
                }
                try (NDArray gradient = x.getGradient()) {
                    assertArrayEquals(new float[] {expected, expected, expected}, gradient.toFloatArray(), 1e-3f);
                }
            }
        }
    }

    private static void junk() {
        for (int i = 0; i < 2000; i++) {
            ByteBuffer b = ByteBuffer.allocateDirect(4 + i % 64);
            for (int k = 0; k + 4 <= b.capacity(); k += 4) {
                b.putFloat(k, 1e20f);
            }
        }
    }
}

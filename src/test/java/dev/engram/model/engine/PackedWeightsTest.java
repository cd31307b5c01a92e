package dev.engram.model.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The kernels that pack weights and search rows into 8 and 4 bits: every value at the nearest step of its own scale. */
class PackedWeightsTest {
    private static final int OUT = 32;
    private static final int IN = 64;

    /** Rows of very different size, the largest value not in the first place. */
    private static float[] weights(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[OUT * IN];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((random.nextDouble() - 0.4) * Math.pow(2, i / IN % 7 - 3));
        }
        return values;
    }

    @Test
    void eightBitWeightsAreNearest() {
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);
                Kernel tools = Kernels.tools(manager)) {
            float[] w = weights(1);
            eightBits(w, tools.call(manager, "int8", manager.create(w, new Shape(OUT, IN))));
        }
    }

    @Test
    void eightBitRowsOfTheSearchAreNearest() {
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);
                Kernel scan = Kernel.open(manager, "/dev/engram/model/scan.py")) {
            float[] rows = weights(2);
            eightBits(rows, scan.call(manager, "pack", manager.create(rows, new Shape(OUT, IN))));
        }
    }

    private static void eightBits(float[] w, NDList packed) {
        byte[] q = packed.get(0).toByteArray();
        float[] scales = floats(packed.get(1));
        for (int r = 0; r < OUT; r++) {
            float most = 0;
            int largest = 0;
            for (int c = 0; c < IN; c++) {
                most = Math.max(most, Math.abs(w[r * IN + c]));
                largest = Math.max(largest, Math.abs(q[r * IN + c]));
                // bf16 may round the scale down by 1/512, by which the largest value is then cut
                assertEquals(w[r * IN + c], q[r * IN + c] * scales[r], 0.501 * scales[r], "row " + r);
            }
            assertEquals(most / 127, scales[r], most / 127 / 256, "scale of row " + r);
            assertTrue(largest >= 126, "row " + r + " uses only " + largest + " of 127 steps");
        }
    }

    @Test
    void fourBitWeightsAreNearest() {
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);
                Kernel tools = Kernels.tools(manager);
                Kernel product = Kernel.open(manager, "/kernels/int4.py")) {
            float[] w = weights(3);
            NDList packed = tools.call(manager, "int4", manager.create(w, new Shape(OUT, IN)));
            float[] back = product.one(manager, "product", manager.eye(IN), packed.get(0), packed.get(1))
                    .toFloatArray(); // [in, out]
            for (int group = 0; group < OUT * IN / 32; group++) {
                float least = Float.MAX_VALUE;
                float most = -Float.MAX_VALUE;
                for (int i = 32 * group; i < 32 * group + 32; i++) {
                    least = Math.min(least, w[i]);
                    most = Math.max(most, w[i]);
                }
                float step = (most - least) / 15;
                for (int i = 32 * group; i < 32 * group + 32; i++) {
                    float expected = Math.round((w[i] - least) / step) * step + least;
                    float rounding = Math.max(Math.abs(most), Math.abs(least)) / 64; // scale, zero and result are bf16
                    assertEquals(expected, back[i % IN * OUT + i / IN], rounding, "weight " + i);
                }
            }
        }
    }

    /** The scale 1.0038 becomes 1 in bf16; the zero makes up for it at the mean of a group, which here is near 0. */
    @Test
    void theZeroMakesUpForTheScalesRounding() {
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);
                Kernel tools = Kernels.tools(manager);
                Kernel product = Kernel.open(manager, "/kernels/int4.py")) {
            float step = 1.0038f;
            float[] w = new float[OUT * 32];
            for (int i = 0; i < w.length; i++) {
                int column = i % 32;
                w[i] = step * (column == 0 ? -8 : column == 1 ? 7 : column < 17 ? 1 : -1); // mean -step / 32
            }
            NDList packed = tools.call(manager, "int4", manager.create(w, new Shape(OUT, 32)));
            NDArray mean = manager.ones(new Shape(1, 32)).div(32);
            float[] means = product.one(manager, "product", mean, packed.get(0), packed.get(1))
                    .toFloatArray();
            for (float ours : means) {
                assertEquals(-step / 32, ours, 1e-3);
            }
        }
    }

    private static float[] floats(NDArray bf16) {
        return bf16.toType(DataType.FLOAT32, false).toFloatArray();
    }
}

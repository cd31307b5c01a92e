package dev.engram.model.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions.DeviceChoice;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way of attending to many slots gives softmax(q k') v, whatever is left over when the slots are divided. */
class AttentionFormatTest {
    private static final int HEADS = 3;
    private static final int GROUP = 2;
    private static final int WIDTH = 16;

    @ParameterizedTest
    @EnumSource(AttentionFormat.class)
    void equalsTheFormula(AttentionFormat format) {
        for (int parts : new int[] {2, 5}) {
            for (int slots : new int[] {1, 4, 40, 41, 44}) {
                check(format, parts, slots);
            }
        }
    }

    /** The buffer is longer than the slots in use, as a cache's is. */
    private static void check(AttentionFormat format, int parts, int slots) {
        Map<String, String> words = Map.of(
                "NAME", "attend_long",
                "PARTS", "" + parts,
                "KV", "" + HEADS,
                "G", "" + GROUP,
                "D", "" + WIDTH,
                "SCALE", "" + 1 / Math.sqrt(WIDTH));
        Random random = new Random(slots);
        float[] q = gaussian(random, HEADS * GROUP * WIDTH);
        float[] k = gaussian(random, HEADS * 50 * WIDTH);
        float[] v = gaussian(random, HEADS * 50 * WIDTH);
        try (NDManager m = Torch.manager(DeviceChoice.AUTO)) {
            Assumptions.assumeTrue(
                    format != AttentionFormat.PARTS || !m.getDevice().isGpu(), "a way of the CPU");
            try (Kernel kernel = new Kernel(m, new TorchScript().add(format.resource(), words))) {
                for (int batch : new int[] {1, 2}) { // two equal sequences
                    NDArray query =
                            m.create(q, new Shape(1, HEADS, GROUP, WIDTH)).repeat(0, batch);
                    NDArray keys = m.create(k, new Shape(1, HEADS, 50, WIDTH)).repeat(0, batch);
                    NDArray values = m.create(v, new Shape(1, HEADS, 50, WIDTH)).repeat(0, batch);
                    String used = ":, :, :" + slots;
                    float[] got = kernel.one(m, "attend_long", query, keys.get(used), values.get(used))
                            .toFloatArray();
                    assertEquals(batch * q.length, got.length);
                    for (int i = 0; i < got.length; i++) {
                        double due = expected(q, k, v, slots, i % q.length);
                        assertEquals(due, got[i], 1e-5, format + " " + parts + " " + slots + " " + batch);
                    }
                }
            }
        }
    }

    /** Number {@code i} of the output [heads, group, width]. */
    private static double expected(float[] q, float[] k, float[] v, int slots, int i) {
        int row = i / WIDTH;
        int head = row / GROUP;
        double sum = 0;
        double out = 0;
        for (int s = 0; s < slots; s++) {
            int at = (head * 50 + s) * WIDTH;
            double dot = 0;
            for (int d = 0; d < WIDTH; d++) {
                dot += q[row * WIDTH + d] * k[at + d];
            }
            double weight = Math.exp(dot / Math.sqrt(WIDTH));
            sum += weight;
            out += weight * v[at + i % WIDTH];
        }
        return out / sum;
    }

    private static float[] gaussian(Random random, int n) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    @ParameterizedTest
    @CsvSource({"3, 2, 2", "3, 1, 1", "3, 3, 1", "3, 6, 2", "3, 4, 4", "8, 2, 1", "8, 12, 3", "1, 16, 16"})
    void piecesMakeTheThreadsEven(int heads, int threads, int parts) {
        assertEquals(parts, AttentionChoice.parts(heads, threads));
    }
}

package dev.engram.explicit.compress;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.Torch;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which of many centroids is nearest to each of many vectors: |x − c|² is smallest where x·c − |c|²/2 is largest. Large tasks
 * with wide vectors are matrix products in the engine; others are plain loops, since a call of the engine waits for its threads.
 */
final class Nearest {
    /** Scores held at once: 32 MB of f32, about what a cache holds. */
    private static final int SCORES = 1 << 23;

    /** Multiplications from which the engine is 3 times as fast for wide vectors; for narrow ones loops stay twice as fast. */
    private static final long MANY = 1L << 26;

    private static final int WIDE = 32;

    /** Multiplications worth a thread of their own. */
    private static final long SOME = 1L << 18;

    private Nearest() {}

    /** Opened when first needed, for the whole process. */
    private static final class Engine {
        static final NDManager MANAGER = Torch.manager(DeviceChoice.AUTO);
        static final Kernel KERNEL = Kernel.open(MANAGER, "/dev/engram/explicit/nearest.py");
    }

    /**
     * The nearest centroid of each vector by Euclidean distance; of equal ones any.
     *
     * @param x n vectors, one after the other
     * @param centroids k vectors
     * @param d numbers of a vector
     * @return n numbers from 0 to k − 1
     */
    static int[] of(float[] x, float[] centroids, int d) {
        int n = x.length / d;
        int k = centroids.length / d;
        int[] nearest = new int[n];
        float[] ct = transposed(centroids, k, d);
        float[] half = halfNorms(centroids, k, d);
        if (d >= WIDE && (long) n * k * d >= MANY) {
            byEngine(x, ct, half, d, nearest);
            return nearest;
        }
        int rows = (int) Math.max(1, SOME / ((long) k * d));
        IntStream blocks = IntStream.range(0, (n + rows - 1) / rows);
        (n > rows ? blocks.parallel() : blocks)
                .forEach(b -> byLoops(x, ct, half, d, nearest, b * rows, Math.min(n, (b + 1) * rows)));
        return nearest;
    }

    private static void byLoops(float[] x, float[] ct, float[] half, int d, int[] nearest, int from, int to) {
        int k = half.length;
        float[] scores = new float[k];
        for (int i = from; i < to; i++) {
            for (int c = 0; c < k; c++) {
                scores[c] = -half[c];
            }
            for (int j = 0; j < d; j++) {
                float value = x[i * d + j];
                int row = j * k;
                for (int c = 0; c < k; c++) {
                    scores[c] += value * ct[row + c];
                }
            }
            int best = 0;
            for (int c = 1; c < k; c++) {
                best = scores[c] > scores[best] ? c : best;
            }
            nearest[i] = best;
        }
    }

    private static void byEngine(float[] x, float[] transposed, float[] halfNorms, int d, int[] nearest) {
        int n = nearest.length;
        int k = halfNorms.length;
        int rows = Math.max(1, SCORES / k);
        try (NDManager all = Engine.MANAGER.newSubManager()) {
            NDArray ct = all.create(transposed, new Shape(d, k));
            NDArray half = all.create(halfNorms, new Shape(k));
            for (int from = 0; from < n; from += rows) {
                int to = Math.min(n, from + rows);
                try (NDManager part = all.newSubManager()) {
                    NDArray some = part.create(Arrays.copyOfRange(x, from * d, to * d), new Shape(to - from, d));
                    long[] best =
                            Engine.KERNEL.one(part, "nearest", some, ct, half).toLongArray();
                    for (int i = 0; i < best.length; i++) {
                        nearest[from + i] = (int) best[i];
                    }
                }
            }
        }
    }

    /** Rows times a matrix: x [n, d] · r [d, d]. */
    static float[] times(float[] x, float[] r, int d) {
        int n = x.length / d;
        float[] out = new float[x.length];
        IntStream rows = IntStream.range(0, n);
        ((long) n * d * d > SOME ? rows.parallel() : rows).forEach(i -> {
            for (int a = 0; a < d; a++) {
                float value = x[i * d + a];
                for (int b = 0; b < d; b++) {
                    out[i * d + b] += value * r[a * d + b];
                }
            }
        });
        return out;
    }

    private static float[] transposed(float[] c, int k, int d) {
        float[] t = new float[c.length];
        for (int i = 0; i < k; i++) {
            for (int j = 0; j < d; j++) {
                t[j * k + i] = c[i * d + j];
            }
        }
        return t;
    }

    private static float[] halfNorms(float[] c, int k, int d) {
        float[] half = new float[k];
        for (int i = 0; i < k; i++) {
            double sum = 0;
            for (int j = 0; j < d; j++) {
                sum += (double) c[i * d + j] * c[i * d + j];
            }
            half[i] = (float) (sum / 2);
        }
        return half;
    }
}

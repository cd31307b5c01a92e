package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;

/** What the kernels say of two predictions, against the same sums in Java. */
class ComparisonTest {
    private static final int TOKENS = 4;
    private static final int VOCAB = 7;

    private static double[] logSoftmax(float[] logits, int row) {
        double sum = 0;
        for (int v = 0; v < VOCAB; v++) {
            sum += Math.exp(logits[row * VOCAB + v]);
        }
        double[] all = new double[VOCAB];
        for (int v = 0; v < VOCAB; v++) {
            all[v] = logits[row * VOCAB + v] - Math.log(sum);
        }
        return all;
    }

    private static double divergence(double[] p, double[] q) {
        double sum = 0;
        for (int v = 0; v < VOCAB; v++) {
            sum += Math.exp(p[v]) * (p[v] - q[v]);
        }
        return sum;
    }

    private static int largest(double[] values) {
        int best = 0;
        for (int v = 1; v < values.length; v++) {
            best = values[v] > values[best] ? v : best;
        }
        return best;
    }

    @Test
    void ofTwoPredictions() {
        try (NDManager manager = NDManager.newBaseManager();
                Decoder decoder = Tiny.decoder();
                TrainableDecoder training = new TrainableDecoder(manager, Tiny.checkpoint(), false)) {
            NDArray first = Tiny.normal(manager, 1, 1, TOKENS, VOCAB);
            NDArray noise = Tiny.normal(manager, 2, 1, TOKENS, VOCAB);
            NDArray second = first.add(noise.mul(0.9));
            int[] targets = {3, 0, 6, 2};
            Decoder.Comparison found = decoder.compare(first, second, targets);
            int[] argmax = decoder.argmax(manager, second);
            float[] logprobs =
                    training.logprobs(manager, second, new int[][] {targets}).toFloatArray();
            double mean = 0;
            for (int t = 0; t < TOKENS; t++) {
                double[] p = logSoftmax(first.toFloatArray(), t);
                double[] q = logSoftmax(second.toFloatArray(), t);
                assertEquals(q[targets[t]], found.logprobs()[t], 1e-5);
                assertEquals(q[targets[t]], logprobs[t], 1e-5);
                assertEquals(divergence(p, q), found.kl()[t], 1e-5);
                assertEquals(largest(p) == largest(q) ? 1 : 0, found.same()[t]);
                mean += divergence(p, q) / TOKENS;
            }
            assertEquals(largest(logSoftmax(second.toFloatArray(), TOKENS - 1)), argmax[argmax.length - 1]);
            assertEquals(mean, training.divergence(manager, first, second).getFloat(), 1e-5);
        }
    }
}

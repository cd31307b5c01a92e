package dev.engram.forget;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy.Layer;
import java.util.Arrays;

/**
 * How much a token's key and value stand out from the tokens that follow: LagKV (Liang et al. 2025, arXiv 2504.04704). Behind
 * the sinks, slots are cut into partitions of {@code lag}; each is normalised channel by channel by the least and largest
 * value of the next partition, the standard deviation over channels goes through a softmax over the partition, for keys and
 * for values; their mean is turned into the rank within the partition. Sinks and the last partitions stay.
 *
 * <p>Differs from the paper in that partitions are cut anew at every decision among the slots that are left; with fewer
 * than two partitions the most recent slots stay, as in kvpress.
 */
final class LagKv implements SlotScorer {
    private final int sinks;
    private final int lag;

    LagKv(int sinks, int lag) {
        if (sinks < 0 || lag < 2) {
            throw new BadInputException(
                    "LagKV needs sinks (" + sinks + ") of at least 0 and a lag (" + lag + ") of at least 2 tokens.");
        }
        this.sinks = sinks;
        this.lag = lag;
    }

    @Override
    public float[][] score(Layer layer) {
        int n = layer.slots();
        int partitions = (n - sinks) / lag;
        if (partitions < 2) {
            float[] order = new float[n];
            for (int s = 0; s < n; s++) {
                order[s] = s < sinks ? n : s;
            }
            return new float[][] {order};
        }
        float[][] keys;
        float[][] values;
        try (NDManager scope = layer.cache().newScope()) {
            keys = Rows.of(layer.keys(scope), n * layer.cache().config().headDim());
            values = Rows.of(layer.values(scope), n * layer.cache().config().headDim());
        }
        float[][] scores = new float[keys.length][n];
        for (int h = 0; h < scores.length; h++) {
            Arrays.fill(scores[h], 0, sinks, 2);
            Arrays.fill(scores[h], sinks, n, 1);
            for (int p = 0; p < partitions - 1; p++) {
                int first = sinks + p * lag;
                float[] k = standsOut(keys[h], first, keys[h].length / n);
                float[] v = standsOut(values[h], first, values[h].length / n);
                for (int s = 0; s < lag; s++) {
                    int rank = 0;
                    for (int other = 0; other < lag; other++) {
                        rank += k[other] + v[other] < k[s] + v[s] ? 1 : 0;
                    }
                    scores[h][first + s] = (float) rank / lag;
                }
            }
        }
        return scores;
    }

    /** Softmax over the partition of each token's deviation; rows [slots × width]. */
    private float[] standsOut(float[] rows, int first, int width) {
        double[] sum = new double[lag];
        double[] squares = new double[lag];
        for (int d = 0; d < width; d++) {
            float least = Float.POSITIVE_INFINITY;
            float largest = Float.NEGATIVE_INFINITY;
            for (int s = first + lag; s < first + 2 * lag; s++) {
                least = Math.min(least, rows[s * width + d]);
                largest = Math.max(largest, rows[s * width + d]);
            }
            float range = Math.max(largest - least, Float.MIN_NORMAL);
            for (int s = 0; s < lag; s++) {
                double x = (rows[(first + s) * width + d] - least) / range;
                sum[s] += x;
                squares[s] += x * x;
            }
        }
        float[] out = new float[lag];
        double total = 0;
        double[] weights = new double[lag];
        for (int s = 0; s < lag; s++) {
            double variance = (squares[s] - sum[s] * sum[s] / width) / (width - 1);
            weights[s] = Math.exp(Math.sqrt(Math.max(0, variance)));
            total += weights[s];
        }
        for (int s = 0; s < lag; s++) {
            out[s] = (float) (weights[s] / total);
        }
        return out;
    }
}

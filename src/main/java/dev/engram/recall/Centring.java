package dev.engram.recall;

import java.util.Arrays;
import java.util.List;

/**
 * Takes the common part out of vectors before they are compared. Hidden states of a language model lie in a narrow cone (mean
 * cosine about 0.9 between texts that share nothing), so raw cosines hardly tell memories apart. The seed compares raw
 * vectors: {@link #none}.
 *
 * @param memoryMean subtracted from a memory's vector, [width]
 * @param queryMean subtracted from a query, [width]
 */
public record Centring(float[] memoryMean, float[] queryMean) {
    /** Vectors as they are. */
    public static Centring none(int width) {
        return new Centring(new float[width], new float[width]);
    }

    /** Means of the vectors of some memories and of some queries. */
    public static Centring of(List<float[]> memories, List<float[]> queries) {
        return new Centring(mean(memories), mean(queries));
    }

    /** A memory's vector, centred, of length 1. */
    public float[] memory(float[] raw) {
        return unit(raw, memoryMean);
    }

    /** A query, centred, of length 1. */
    public float[] query(float[] raw) {
        return unit(raw, queryMean);
    }

    /** The mean of some vectors, [width]. */
    public static float[] mean(List<float[]> vectors) {
        double[] sum = new double[vectors.get(0).length];
        for (float[] v : vectors) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += v[i];
            }
        }
        float[] mean = new float[sum.length];
        for (int i = 0; i < sum.length; i++) {
            mean[i] = (float) (sum[i] / vectors.size());
        }
        return mean;
    }

    private static float[] unit(float[] raw, float[] mean) {
        float[] out = new float[raw.length];
        double squares = 0;
        for (int i = 0; i < raw.length; i++) {
            out[i] = raw[i] - mean[i];
            squares += (double) out[i] * out[i];
        }
        double norm = Math.max(Math.sqrt(squares), 1e-12);
        for (int i = 0; i < raw.length; i++) {
            out[i] /= (float) norm;
        }
        return out;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Centring c
                && Arrays.equals(memoryMean, c.memoryMean)
                && Arrays.equals(queryMean, c.queryMean);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(memoryMean) * 31 + Arrays.hashCode(queryMean);
    }
}

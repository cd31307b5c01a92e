package dev.engram.dual.baselines;

import dev.engram.model.BadInputException;

/** What the pools share. */
final class Pools {
    private Pools() {}

    static void requirePositive(String what, int value) {
        if (value < 1) {
            throw new BadInputException("The pool's " + what + " is " + value + "; give at least 1.");
        }
    }

    static void requirePairs(float[][] keys, float[][] values, int width) {
        boolean good = keys.length == values.length;
        for (int i = 0; good && i < keys.length; i++) {
            good = keys[i].length == width && values[i].length == width;
        }
        if (!good) {
            throw new BadInputException("A chunk has " + keys.length + " keys and " + values.length
                    + " values, which must be as many, each of " + width + " numbers; give what one layer computes.");
        }
    }

    /** The slot of the largest product with a query, among the first {@code size}; -1 where there is none. */
    static int nearest(float[][] keys, int size, float[] query) {
        int best = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int s = 0; s < size; s++) {
            double score = dot(keys[s], query);
            if (score > most) {
                most = score;
                best = s;
            }
        }
        return best;
    }

    static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    static double cosine(float[] a, float[] b) {
        double norms = Math.sqrt(dot(a, a) * dot(b, b));
        return norms == 0 ? 0 : dot(a, b) / norms;
    }

    /** Softmax attention of a query over the first {@code size} slots. */
    static float[] attend(float[][] keys, float[][] values, int size, float[] query) {
        float[] read = new float[query.length];
        double[] e = new double[size];
        double top = Double.NEGATIVE_INFINITY;
        for (int s = 0; s < size; s++) {
            e[s] = dot(keys[s], query) / Math.sqrt(query.length);
            top = Math.max(top, e[s]);
        }
        double sum = 0;
        for (int s = 0; s < size; s++) {
            e[s] = Math.exp(e[s] - top);
            sum += e[s];
        }
        for (int s = 0; s < size; s++) {
            for (int i = 0; i < read.length; i++) {
                read[i] += (float) (e[s] / sum * values[s][i]);
            }
        }
        return read;
    }
}

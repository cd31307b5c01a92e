package dev.engram.cli.bench;

import java.util.Random;

/**
 * Many vectors that are spread like few real embeddings: each is a real one moved along the differences of two pairs of other real ones,
 * by normally distributed lengths, and scaled to length 1. So the cloud has the clusters and the main directions of the real one;
 * independent noise would fill all directions alike, where no index finds anything, and where nothing is near anything.
 */
final class SyntheticVectors {
    /** Standard deviation of the lengths. */
    static final double SPREAD = 0.5;

    private final float[][] real;
    private final Random random;

    SyntheticVectors(float[][] real, long seed) {
        this.real = real;
        this.random = new Random(seed);
    }

    float[] next() {
        float[] v = any().clone();
        for (int pair = 0; pair < 2; pair++) {
            float[] a = any();
            float[] b = any();
            double length = SPREAD * random.nextGaussian();
            for (int i = 0; i < v.length; i++) {
                v[i] += (float) (length * (a[i] - b[i]));
            }
        }
        double squares = 0;
        for (float x : v) {
            squares += (double) x * x;
        }
        for (int i = 0; i < v.length; i++) {
            v[i] /= (float) Math.sqrt(squares);
        }
        return v;
    }

    private float[] any() {
        return real[random.nextInt(real.length)];
    }
}

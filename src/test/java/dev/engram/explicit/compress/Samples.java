package dev.engram.explicit.compress;

import java.util.SplittableRandom;

/** Vectors for tests. */
final class Samples {
    private Samples() {}

    /** n vectors of d independent normal numbers. */
    static float[] normal(int n, int d, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] x = new float[n * d];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float)
                    (Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble()));
        }
        return x;
    }

    /** Normal vectors whose variance falls along a few directions that mix all numbers, as keys and values do. */
    static float[] correlated(int n, int d, long seed) {
        float[] hidden = normal(n, d, seed);
        float[] mix = normal(d, d, 99);
        float[] x = new float[n * d];
        for (int i = 0; i < n; i++) {
            for (int a = 0; a < d; a++) {
                double strength = Math.pow(0.8, a);
                for (int b = 0; b < d; b++) {
                    x[i * d + b] += (float) (hidden[i * d + a] * strength * mix[a * d + b]);
                }
            }
        }
        return x;
    }
}

package dev.engram.dual.measure;

import java.util.SplittableRandom;

/** Random vectors. */
final class Vectors {
    private Vectors() {}

    static float[] normal(SplittableRandom random, int width) {
        float[] v = new float[width];
        for (int i = 0; i < width; i++) {
            v[i] = (float) random.nextGaussian();
        }
        return v;
    }

    /** The vector with normal noise of this standard deviation in every number. */
    static float[] near(SplittableRandom random, float[] centre, double noise) {
        float[] v = centre.clone();
        for (int i = 0; i < v.length; i++) {
            v[i] += (float) (noise * random.nextGaussian());
        }
        return v;
    }

    /** The row that is nearest to a vector. */
    static int nearest(float[][] rows, float[] to) {
        int nearest = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int r = 0; r < rows.length; r++) {
            double d = 0;
            for (int i = 0; i < to.length; i++) {
                d += (double) (rows[r][i] - to[i]) * (rows[r][i] - to[i]);
            }
            if (d < least) {
                least = d;
                nearest = r;
            }
        }
        return nearest;
    }
}

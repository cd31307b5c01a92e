package dev.engram.dual;

import java.util.SplittableRandom;

/** Orthonormal directions along which vectors are longest: the leading eigenvectors of Σ v vᵀ, by subspace iteration. The mean stays in. */
final class LeadingDirections {
    private static final int ROUNDS = 6;
    private static final long SEED = 11;

    private LeadingDirections() {}

    /**
     * Finds directions; where the vectors span fewer, the others are arbitrary.
     *
     * @param vectors [n][h], n of 0 or more
     * @param count d, up to h
     * @return [d][h]
     */
    static float[][] of(float[][] vectors, int count, int width) {
        SplittableRandom random = new SplittableRandom(SEED);
        float[][] directions = new float[count][width];
        for (float[] d : directions) {
            for (int i = 0; i < width; i++) {
                d[i] = (float) random.nextGaussian();
            }
        }
        orthonormal(directions);
        for (int round = 0; round < ROUNDS && vectors.length > 0; round++) {
            float[][] next = new float[count][width];
            for (float[] v : vectors) {
                for (int d = 0; d < count; d++) {
                    add(next[d], v, Rows.dot(directions[d], v));
                }
            }
            for (int d = 0; d < count; d++) {
                add(next[d], directions[d], 1e-6f); // a direction that no vector has stays one
            }
            directions = next;
            orthonormal(directions);
        }
        return directions;
    }

    /** Gram and Schmidt, twice for the sake of rounding. */
    private static void orthonormal(float[][] rows) {
        for (int d = 0; d < rows.length; d++) {
            for (int twice = 0; twice < 2; twice++) {
                scale(rows[d]);
                for (int e = 0; e < d; e++) {
                    add(rows[d], rows[e], -Rows.dot(rows[e], rows[d]));
                }
            }
            scale(rows[d]);
        }
    }

    private static void scale(float[] v) {
        double length = Math.sqrt(Rows.dot(v, v));
        for (int i = 0; i < v.length && length > 0; i++) {
            v[i] /= (float) length;
        }
    }

    private static void add(float[] to, float[] v, float factor) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * v[i];
        }
    }
}

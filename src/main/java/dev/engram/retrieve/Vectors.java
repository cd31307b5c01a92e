package dev.engram.retrieve;

import dev.engram.model.BadInputException;

/** The little arithmetic on vectors that stores and strategies share. */
final class Vectors {
    private Vectors() {}

    static float dot(float[] a, float[] b) {
        return dot(a, 0, b);
    }

    /** Product of b with the numbers of a from {@code from} on. */
    static float dot(float[] a, int from, float[] b) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = 0;
        for (; i + 3 < b.length; i += 4) { // four sums at once, since an addition waits for the one before it
            s0 += a[from + i] * b[i];
            s1 += a[from + i + 1] * b[i + 1];
            s2 += a[from + i + 2] * b[i + 2];
            s3 += a[from + i + 3] * b[i + 3];
        }
        for (; i < b.length; i++) {
            s0 += a[from + i] * b[i];
        }
        return s0 + s1 + s2 + s3;
    }

    /** A copy of length 1. */
    static float[] unit(float[] v) {
        double squares = 0;
        for (float x : v) {
            squares += (double) x * x;
        }
        if (!(squares > 0) || !Double.isFinite(squares)) {
            throw new BadInputException("A vector has the squared length " + squares
                    + ", so it has no direction; give finite numbers that are not all 0.");
        }
        double norm = Math.sqrt(squares);
        float[] unit = new float[v.length];
        for (int i = 0; i < v.length; i++) {
            unit[i] = (float) (v[i] / norm);
        }
        return unit;
    }

    /** LangChain4j's score (0 to 1) of a cosine. */
    static double relevance(double cosine) {
        return Math.min(1, Math.max(0, (cosine + 1) / 2));
    }

    /** The cosine behind LangChain4j's score. */
    static double cosine(double relevance) {
        return 2 * relevance - 1;
    }
}

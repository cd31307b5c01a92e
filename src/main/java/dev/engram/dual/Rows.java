package dev.engram.dual;

/** Products of vectors. */
final class Rows {
    private Rows() {}

    static float dot(float[] a, float[] b) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = 0;
        for (; i + 3 < b.length; i += 4) { // four sums at once, since an addition waits for the one before it
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < b.length; i++) {
            s0 += a[i] * b[i];
        }
        return s0 + s1 + s2 + s3;
    }

    /** The cosine; 0 where a vector has no direction. */
    static double cosine(float[] a, float[] b) {
        double norms = Math.sqrt((double) dot(a, a) * dot(b, b));
        return norms == 0 ? 0 : dot(a, b) / norms;
    }
}

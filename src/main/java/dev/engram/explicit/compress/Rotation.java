package dev.engram.explicit.compress;

import dev.engram.report.Progress;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;

/**
 * The rotation of optimised product quantisation (Ge, He, Ke and Sun, CVPR 2013). Starts from the principal axes, dealt to the
 * parts so that each gets the same share of the variance (their parametric solution); then centroids and rotation are improved in
 * turn, the rotation by the orthogonal Procrustes problem (their non-parametric one).
 *
 * <p>Differs from faiss in its start, which there is a random rotation.
 */
final class Rotation {
    static final int ROUNDS = 16;
    /** Enough for a d × d matrix; more vectors only take longer. */
    private static final int MOST_SAMPLE = 8192;

    private static final int MOST_BITS = 8;

    private Rotation() {}

    /**
     * An orthogonal matrix r [d, d]; vectors x [n, d] are rotated as x · r.
     *
     * @param x sample
     * @param parts for which it is optimised
     */
    static float[] train(float[] x, int d, int parts, SplittableRandom random, Progress progress) {
        int n = Math.min(x.length / d, MOST_SAMPLE);
        float[] sample = KMeans.draw(x, d, n, random);
        int width = d / parts;
        // four vectors for each centroid at least, else the rotation is fitted to noise
        int bits = Math.max(1, Math.min(MOST_BITS, 29 - Integer.numberOfLeadingZeros(n)));
        float[] r = principal(sample, d, parts);
        float[][] centroids = new float[parts][];
        for (int round = 0; round < ROUNDS; round++) {
            float[] turned = Nearest.times(sample, r, d);
            float[] quantized = new float[turned.length];
            for (int p = 0; p < parts; p++) {
                float[] piece = columns(turned, d, p * width, width);
                if (round == 0) {
                    centroids[p] = KMeans.draw(piece, width, Math.min(n, 1 << bits), random);
                }
                KMeans.refine(piece, width, centroids[p], 2);
                int[] nearest = Nearest.of(piece, centroids[p], width);
                for (int i = 0; i < n; i++) {
                    System.arraycopy(centroids[p], nearest[i] * width, quantized, i * d + p * width, width);
                }
            }
            r = procrustes(sample, quantized, d);
            progress.step();
        }
        return r;
    }

    /** Columns from..from+width of rows of d numbers. */
    static float[] columns(float[] x, int d, int from, int width) {
        int n = x.length / d;
        float[] piece = new float[n * width];
        for (int i = 0; i < n; i++) {
            System.arraycopy(x, i * d + from, piece, i * width, width);
        }
        return piece;
    }

    /** The orthogonal r for which x · r is closest to y: U · Vᵀ of the singular value decomposition of xᵀ · y. */
    static float[] procrustes(float[] x, float[] y, int d) {
        SingularValueDecomposition svd = new SingularValueDecomposition(new Array2DRowRealMatrix(product(x, y, d)));
        return flat(svd.getU().multiply(svd.getVT()), d);
    }

    /** xᵀ · y, [d, d]. */
    private static double[][] product(float[] x, float[] y, int d) {
        double[][] sum = new double[d][d];
        for (int i = 0; i < x.length; i += d) {
            for (int a = 0; a < d; a++) {
                double xa = x[i + a];
                for (int b = 0; b < d; b++) {
                    sum[a][b] += xa * y[i + b];
                }
            }
        }
        return sum;
    }

    /** Principal axes, dealt to the parts, [d, d]. */
    static float[] principal(float[] x, int d, int parts) {
        int n = x.length / d;
        float[] centred = x.clone();
        for (int j = 0; j < d; j++) {
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean += x[i * d + j] / n;
            }
            for (int i = 0; i < n; i++) {
                centred[i * d + j] -= (float) mean;
            }
        }
        EigenDecomposition eigen = new EigenDecomposition(new Array2DRowRealMatrix(product(centred, centred, d)));
        double[] values = eigen.getRealEigenvalues();
        int[] column = dealt(values, parts);
        float[] r = new float[d * d];
        for (int e = 0; e < d; e++) {
            for (int j = 0; j < d; j++) {
                r[j * d + column[e]] = (float) eigen.getEigenvector(e).getEntry(j);
            }
        }
        return r;
    }

    /** Each axis's column: from the largest variance down, an axis goes to the part whose product of variances is smallest. */
    static int[] dealt(double[] variances, int parts) {
        int d = variances.length;
        int width = d / parts;
        double floor = Arrays.stream(variances).max().orElse(1) * 1e-9 + 1e-30;
        double[] logs = new double[parts];
        int[] held = new int[parts];
        int[] column = new int[d];
        int[] order = IntStream.range(0, d)
                .boxed()
                .sorted((a, b) -> Double.compare(variances[b], variances[a]))
                .mapToInt(i -> i)
                .toArray();
        for (int axis : order) {
            int best = -1;
            for (int p = 0; p < parts; p++) {
                if (held[p] < width && (best < 0 || logs[p] < logs[best])) {
                    best = p;
                }
            }
            column[axis] = best * width + held[best]++;
            // an offset by the floor keeps every logarithm positive, so that a dealt axis always counts
            logs[best] += Math.log(Math.max(variances[axis], floor) / floor * Math.E);
        }
        return column;
    }

    private static float[] flat(RealMatrix m, int d) {
        float[] r = new float[d * d];
        for (int i = 0; i < d * d; i++) {
            r[i] = (float) m.getEntry(i / d, i % d);
        }
        return r;
    }
}

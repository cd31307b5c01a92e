package dev.engram.explicit.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.report.Progress;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The rotation on a few numbers: where axes go, what turns one set of points into another, and what training gains. */
class RotationTest {
    private static final int D = 4;

    /** Independent numbers with the standard deviations 8, 4, 2, 1, turned by a known rotation. */
    private static float[] stretched(int n, float[] turn) {
        SplittableRandom random = new SplittableRandom(3);
        float[] x = new float[n * D];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (random.nextGaussian() * (8 >> i % D)) + 5;
        }
        return Nearest.times(x, turn, D);
    }

    private static float[] turn() {
        float c = (float) Math.cos(0.7), s = (float) Math.sin(0.7);
        return new float[] {c, 0, s, 0, 0, c, 0, s, -s, 0, c, 0, 0, -s, 0, c};
    }

    private static double variance(float[] x, int column) {
        int n = x.length / D;
        double mean = 0, square = 0;
        for (int i = column; i < x.length; i += D) {
            mean += x[i] / (double) n;
            square += (double) x[i] * x[i] / n;
        }
        return square - mean * mean;
    }

    private static void assertOrthogonal(float[] r) {
        for (int a = 0; a < D; a++) {
            for (int b = 0; b < D; b++) {
                double dot = 0;
                for (int j = 0; j < D; j++) {
                    dot += (double) r[j * D + a] * r[j * D + b];
                }
                assertEquals(a == b ? 1 : 0, dot, 1e-5, a + " " + b);
            }
        }
    }

    @Test
    void principalAxesAreDealtSoThatPartsShareTheVariance() {
        float[] x = stretched(4000, turn());
        float[] r = Rotation.principal(x, D, 2);
        assertOrthogonal(r);
        float[] turned = Nearest.times(x, r, D);
        double[] v = {variance(turned, 0), variance(turned, 1), variance(turned, 2), variance(turned, 3)};
        // 64 goes to the first part, 16 and 4 to the second, 1 to the first
        assertEquals(64, v[0], 4);
        assertEquals(1, v[1], 0.1);
        assertEquals(16, v[2], 1);
        assertEquals(4, v[3], 0.3);
    }

    @Test
    void anAxisGoesToThePartWithTheSmallestProduct() {
        assertArrayEquals(new int[] {0, 2, 3, 1}, Rotation.dealt(new double[] {64, 16, 4, 1}, 2));
        assertArrayEquals(new int[] {1, 3, 2, 0}, Rotation.dealt(new double[] {1, 4, 16, 64}, 2));
        assertArrayEquals(new int[] {0, 1, 2, 3}, Rotation.dealt(new double[] {64, 16, 4, 1}, 4));
        assertArrayEquals(new int[] {0, 1, 2, 3}, Rotation.dealt(new double[] {64, 16, 4, 1}, 1));
        assertArrayEquals(new int[] {0, 1}, Rotation.dealt(new double[] {0, 0}, 2), "no variance at all");
    }

    @Test
    void procrustesFindsTheTurnBack() {
        float[] x = stretched(50, turn());
        float[] y = Nearest.times(x, turn(), D);
        assertArrayEquals(turn(), Rotation.procrustes(x, y, D), 1e-4f);
    }

    @Test
    void columnsAreCutOut() {
        assertArrayEquals(new float[] {2, 3, 6, 7}, Rotation.columns(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 1, 2));
    }

    @Test
    void trainingIsOrthogonalSeededAndCutsTheLoss() {
        float[] x = stretched(600, turn());
        float[] r = Rotation.train(x, D, 2, new SplittableRandom(1), Progress.start("rotation", Rotation.ROUNDS));
        assertOrthogonal(r);
        assertArrayEquals(
                r, Rotation.train(x, D, 2, new SplittableRandom(1), Progress.start("rotation", Rotation.ROUNDS)));
        float[] none = new float[D * D];
        for (int i = 0; i < D; i++) {
            none[i * D + i] = 1;
        }
        float[] bad = turn();
        assertTrue(loss(x, r) < 0.9 * loss(x, none), loss(x, r) + " against " + loss(x, none));
        assertTrue(loss(x, r) <= loss(x, bad), loss(x, r) + " against " + loss(x, bad));
    }

    /** What product quantisation of two parts with eight centroids each loses after a rotation. */
    private static double loss(float[] x, float[] r) {
        float[] turned = Nearest.times(x, r, D);
        double lost = 0;
        for (int p = 0; p < 2; p++) {
            float[] piece = Rotation.columns(turned, D, 2 * p, 2);
            float[] centroids = KMeans.train(piece, 2, 8, 20, new SplittableRandom(5));
            int[] nearest = Nearest.of(piece, centroids, 2);
            for (int i = 0; i < piece.length; i++) {
                double d = piece[i] - centroids[nearest[i / 2] * 2 + i % 2];
                lost += d * d;
            }
        }
        return lost / x.length;
    }
}

package dev.engram.explicit.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** k-means by hand. */
class KMeansTest {
    /** Four clusters of two numbers: around (0, 0), (10, 0), (0, 10) and (10, 10). */
    private static final float[] FOUR = {
        0, 0, 1, 0, 0, 1, 10, 0, 11, 0, 10, 1, 0, 10, 1, 10, 0, 11, 10, 10, 11, 10, 10, 11
    };

    @Test
    void drawsDifferentVectorsOfTheSampleByTheSeed() {
        float[] x = {0, 1, 2, 3, 4, 5, 6, 7};
        float[] drawn = KMeans.draw(x, 1, 8, new SplittableRandom(2));
        assertNotEquals(Arrays.toString(x), Arrays.toString(drawn), "in another order");
        TreeSet<Float> all = new TreeSet<>();
        for (float v : drawn) {
            all.add(v);
        }
        assertEquals(8, all.size(), Arrays.toString(drawn));
        assertArrayEquals(drawn, KMeans.draw(x, 1, 8, new SplittableRandom(2)));
        int[] first = new int[8];
        for (int seed = 0; seed < 400; seed++) {
            first[(int) KMeans.draw(x, 1, 3, new SplittableRandom(seed))[0]]++;
        }
        assertTrue(
                Arrays.stream(first).min().getAsInt() > 20, "every vector may come first: " + Arrays.toString(first));
    }

    @Test
    void oneRoundMovesCentroidsToTheMeans() {
        float[] c = KMeans.refine(FOUR, 2, new float[] {0, 0, 10, 0, 0, 10, 10, 10}, 1);
        float t = 1 / 3f;
        assertArrayEquals(new float[] {t, t, 10 + t, t, t, 10 + t, 10 + t, 10 + t}, c, 1e-5f);
    }

    @Test
    void anEmptyClusterTakesTheFarthestVector() {
        float[] x = {0, 1, 2, 50};
        float[] c = KMeans.refine(x, 1, new float[] {1, -100}, 1);
        assertEquals(13.25, c[0], 1e-4, "the mean of all");
        assertEquals(50, c[1], 0, "farthest from the mean");
        assertArrayEquals(new float[] {1, 50}, KMeans.refine(x, 1, c, 9), 1e-5f);
    }

    @Test
    void twoEmptyClustersTakeTheTwoFarthest() {
        float[] x = {0, 0, 0, 0, 0, 0, 9, 0, 0, 20};
        float[] c = KMeans.refine(x, 2, new float[] {0, 0, 90, 90, 99, 99}, 1);
        assertArrayEquals(new float[] {1.8f, 4, 0, 20, 9, 0}, c, 1e-4f);
    }

    @Test
    void noRoundChangesNothing() {
        float[] c = {3, 4};
        assertArrayEquals(new float[] {3, 4}, KMeans.refine(FOUR, 2, c, 0));
    }

    @Test
    void nearestAndTimesAgreeWithTheirDefinition() {
        SplittableRandom random = new SplittableRandom(4);
        for (int[] size : new int[][] {{1, 1, 1}, {37, 5, 3}, {3000, 300, 2}, {700, 90, 40}}) {
            int n = size[0], k = size[1], d = size[2];
            float[] x = random(n * d, random), c = random(k * d, random);
            int[] nearest = Nearest.of(x, c, d);
            assertEquals(n, nearest.length);
            for (int i = 0; i < n; i++) {
                double best = Double.MAX_VALUE;
                for (int j = 0; j < k; j++) {
                    best = Math.min(best, distance(x, i, c, j, d));
                }
                assertEquals(best, distance(x, i, c, nearest[i], d), 1e-4, n + " " + i);
            }
        }
        float[] x = random(3000 * 20, random), r = random(400, random), out = Nearest.times(x, r, 20);
        for (int i = 0; i < 3000; i += 7) {
            double sum = 0;
            for (int a = 0; a < 20; a++) {
                sum += x[i * 20 + a] * r[a * 20 + 3];
            }
            assertEquals(sum, out[i * 20 + 3], 1e-4);
        }
    }

    private static float[] random(int n, SplittableRandom random) {
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static double distance(float[] x, int i, float[] c, int j, int d) {
        double sum = 0;
        for (int a = 0; a < d; a++) {
            double difference = x[i * d + a] - c[j * d + a];
            sum += difference * difference;
        }
        return sum;
    }
}

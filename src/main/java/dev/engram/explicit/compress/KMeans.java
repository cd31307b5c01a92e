package dev.engram.explicit.compress;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Lloyd's k-means. Starts from k different vectors of the sample, drawn by the seed; a cluster that nobody is nearest to takes
 * over the vector that lies farthest from its own centroid.
 */
final class KMeans {
    private KMeans() {}

    /**
     * Centroids of a sample.
     *
     * @param x n vectors, one after the other; n ≥ k
     * @param d numbers of a vector
     * @param rounds most rounds; ends earlier when nothing moves
     * @return k vectors, one after the other
     */
    static float[] train(float[] x, int d, int k, int rounds, SplittableRandom random) {
        return refine(x, d, draw(x, d, k, random), rounds);
    }

    /** k vectors of the sample, each drawn once. */
    static float[] draw(float[] x, int d, int k, SplittableRandom random) {
        int n = x.length / d;
        int[] order = new int[n];
        Arrays.setAll(order, i -> i);
        float[] centroids = new float[k * d];
        for (int i = 0; i < k; i++) {
            int j = i + random.nextInt(n - i);
            int row = order[j];
            order[j] = order[i];
            order[i] = row;
            System.arraycopy(x, row * d, centroids, i * d, d);
        }
        return centroids;
    }

    /** Moves given centroids to where they serve the sample better; the argument is changed and returned. */
    static float[] refine(float[] x, int d, float[] centroids, int rounds) {
        int[] before = null;
        for (int round = 0; round < rounds; round++) {
            int[] nearest = Nearest.of(x, centroids, d);
            if (Arrays.equals(nearest, before)) {
                break;
            }
            before = nearest;
            update(x, d, centroids, nearest);
        }
        return centroids;
    }

    private static void update(float[] x, int d, float[] centroids, int[] nearest) {
        int k = centroids.length / d;
        double[] sums = new double[centroids.length];
        int[] members = new int[k];
        for (int i = 0; i < nearest.length; i++) {
            members[nearest[i]]++;
            int to = nearest[i] * d;
            for (int j = 0; j < d; j++) {
                sums[to + j] += x[i * d + j];
            }
        }
        for (int c = 0; c < k; c++) {
            for (int j = 0; j < d && members[c] > 0; j++) {
                centroids[c * d + j] = (float) (sums[c * d + j] / members[c]);
            }
        }
        int empty = (int) Arrays.stream(members).filter(m -> m == 0).count();
        if (empty > 0) {
            repair(x, d, centroids, nearest, members, empty);
        }
    }

    private static void repair(float[] x, int d, float[] centroids, int[] nearest, int[] members, int empty) {
        double[] distance = new double[nearest.length];
        for (int i = 0; i < nearest.length; i++) {
            for (int j = 0; j < d; j++) {
                double difference = x[i * d + j] - centroids[nearest[i] * d + j];
                distance[i] += difference * difference;
            }
        }
        Integer[] order = new Integer[nearest.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(distance[b], distance[a]));
        int next = 0;
        for (int c = 0; c < members.length && next < empty; c++) {
            if (members[c] == 0) {
                System.arraycopy(x, order[next++] * d, centroids, c * d, d);
            }
        }
    }
}

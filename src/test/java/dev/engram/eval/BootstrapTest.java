package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Intervals against distributions whose spread is known. */
class BootstrapTest {
    private static final Bootstrap BOOTSTRAP = Bootstrap.seeded(7);

    private static double[] normal(Random random, int n, double mean) {
        return random.doubles(n).map(u -> mean + random.nextGaussian()).toArray();
    }

    /** x(t) = rho x(t-1) + noise, with variance 1. */
    private static double[] correlated(Random random, int n, double rho) {
        double[] x = new double[n];
        double last = random.nextGaussian();
        for (int t = 0; t < n; t++) {
            last = rho * last + Math.sqrt(1 - rho * rho) * random.nextGaussian();
            x[t] = last;
        }
        return x;
    }

    @Test
    void widthOfAnIndependentSampleIsThatOfTheory() {
        double[] sample = normal(new Random(1), 400, 3);
        Interval i = BOOTSTRAP.mean(sample);
        double deviation = Math.sqrt(java.util.Arrays.stream(sample)
                .map(v -> (v - i.mean()) * (v - i.mean()))
                .average()
                .orElse(0));
        double theory = 2 * 1.96 * deviation / Math.sqrt(400);
        assertEquals(theory, i.high() - i.low(), 0.08 * theory);
        assertEquals(java.util.Arrays.stream(sample).average().orElse(0), i.mean(), 1e-12);
        Interval blocks = BOOTSTRAP.mean(new double[][] {sample}, 1);
        assertEquals(theory, blocks.high() - blocks.low(), 0.08 * theory);
    }

    @Test
    void ninetyFivePercentHoldTheTruth() {
        Random random = new Random(2);
        Bootstrap small = new Bootstrap(3, 400, 0.95);
        int held = 0;
        for (int r = 0; r < 400; r++) {
            held += small.mean(normal(random, 60, 1)).contains(1) ? 1 : 0;
        }
        // binomial, 400 trials: standard deviation 1.1 %; a percentile interval of 60 values holds a little less than
        // 95 %
        assertTrue(held >= 0.90 * 400 && held <= 0.98 * 400, held + " of 400");
    }

    /** Neighbours that are alike make single tokens far too sure; blocks are honest. */
    @Test
    void blocksHoldTheTruthWhereSingleTokensDoNot() {
        Random random = new Random(4);
        Bootstrap small = new Bootstrap(5, 400, 0.95);
        int single = 0;
        int blocks = 0;
        for (int r = 0; r < 200; r++) {
            double[][] windows = {
                correlated(random, 1000, 0.9), correlated(random, 1000, 0.9), correlated(random, 1000, 0.9)
            };
            single += small.mean(windows, 1).contains(0) ? 1 : 0;
            blocks += small.mean(windows, 100).contains(0) ? 1 : 0;
        }
        assertTrue(single < 0.60 * 200, "single tokens " + single + " of 200");
        assertTrue(blocks > 0.86 * 200, "blocks " + blocks + " of 200");
    }

    @Test
    void pairsTakeTheCommonPartOut() {
        Random random = new Random(6);
        double[] text = normal(random, 300, 0);
        double[] a = new double[300];
        double[] b = new double[300];
        for (int i = 0; i < 300; i++) {
            a[i] = 10 * text[i] + 0.1 * random.nextGaussian();
            b[i] = 10 * text[i] + 0.1 * random.nextGaussian() - 0.05;
        }
        Interval d = BOOTSTRAP.difference(a, b);
        assertTrue(d.contains(0.05) && !d.contains(0), d.toString());
        Interval blocks = BOOTSTRAP.difference(new double[][] {a}, new double[][] {b}, 5);
        assertTrue(blocks.contains(0.05) && !blocks.contains(0), blocks.toString());
        assertTrue(
                BOOTSTRAP.difference(new double[][] {a}, new double[][] {a}, 5).equals(new Interval(0, 0, 0, 0.95)));
    }

    /** Two windows of three tokens in blocks of three: a resample is the mean of two blocks, each the mean of its window. */
    @Test
    void blocksStayWithinTheirWindow() {
        Interval i = new Bootstrap(1, 2000, 0.99).mean(new double[][] {{0, 0, 0}, {3, 6, 9}}, 3);
        assertEquals(3, i.mean(), 1e-12);
        assertEquals(0, i.low(), 1e-12);
        assertEquals(6, i.high(), 1e-12);
    }

    @Test
    void theSeedDecides() {
        double[] sample = normal(new Random(8), 50, 0);
        assertEquals(BOOTSTRAP.mean(sample), BOOTSTRAP.mean(sample));
        assertNotEquals(BOOTSTRAP.mean(sample), Bootstrap.seeded(8).mean(sample));
    }

    @Test
    void quantilesAreLinearBetweenOrderStatistics() {
        double[] sorted = {1, 2, 3, 4, 5};
        assertEquals(1, Bootstrap.quantile(sorted, 0));
        assertEquals(3.5, Bootstrap.quantile(sorted, 0.625), 1e-12);
        assertEquals(5, Bootstrap.quantile(sorted, 1));
    }

    @Test
    void badInput() {
        for (Runnable bad : List.<Runnable>of(
                () -> new Bootstrap(1, 10, 0.95),
                () -> new Bootstrap(1, 1000, 95),
                () -> BOOTSTRAP.mean(new double[0]),
                () -> BOOTSTRAP.mean(new double[] {1, Double.NaN}),
                () -> BOOTSTRAP.mean(new double[0][], 1),
                () -> BOOTSTRAP.mean(new double[][] {{1, 2}}, 3),
                () -> BOOTSTRAP.difference(new double[] {1}, new double[] {1, 2}),
                () -> BOOTSTRAP.difference(new double[][] {{1}}, new double[][] {{1}, {2}}, 1))) {
            String message = assertThrows(BadInputException.class, bad::run).getMessage();
            assertTrue(message.endsWith(".") && message.contains(";"), message);
        }
    }
}

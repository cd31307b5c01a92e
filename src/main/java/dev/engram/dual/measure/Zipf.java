package dev.engram.dual.measure;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Ranks 0, 1, 2, … drawn with probabilities proportional to 1 / (rank + 1)^s. */
final class Zipf {
    private final double[] cumulative;

    Zipf(int ranks, double s) {
        if (ranks < 1 || !(s >= 0) || s > 10) {
            throw new BadInputException("A skewed access has " + ranks + " items and the exponent " + s
                    + "; give 1 item or more and 0 to 10.");
        }
        cumulative = new double[ranks];
        double sum = 0;
        for (int r = 0; r < ranks; r++) {
            sum += Math.pow(r + 1, -s);
            cumulative[r] = sum;
        }
    }

    int draw(SplittableRandom random) {
        double at = random.nextDouble() * cumulative[cumulative.length - 1];
        int found = Arrays.binarySearch(cumulative, at);
        return Math.min(found < 0 ? -found - 1 : found, cumulative.length - 1);
    }
}

package dev.engram.dual;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Associative recall beyond the window: the first segment gives pairs of a key and a value, then come segments of filler, then the keys
 * again in another order, each to be answered with its value. Values are drawn independently, so that a model that sees one segment
 * alone can only guess: it is right once in {@code values}.
 *
 * @param keys different keys
 * @param values different values
 * @param pairs pairs of a text, 2 tokens each
 * @param fillers segments between the pairs and the questions
 * @param fillerTokens different filler tokens
 */
public record AssociativeRecall(int keys, int values, int pairs, int fillers, int fillerTokens) {
    public AssociativeRecall {
        if (keys < 1 || values < 2 || pairs < 1 || pairs > keys || fillers < 0 || fillerTokens < 1) {
            throw new BadInputException("Associative recall has " + keys + " keys, " + values + " values, " + pairs
                    + " pairs, " + fillers + " filler segments and " + fillerTokens
                    + " filler tokens; give 1 or more pairs with different keys, 2 or more values, 0 or more fillers.");
        }
    }

    /** Tokens of a segment. */
    public int window() {
        return 2 * pairs;
    }

    /** Ids: keys, then values, then filler. */
    public int vocab() {
        return keys + values + fillerTokens;
    }

    /** What guessing gives. */
    public double chance() {
        return 1.0 / values;
    }

    /** The text of a number; the same numbers give the same text. */
    public Sample sample(long seed, long number) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        int[] chosen = shuffled(keys, random);
        int[] answers = random.ints(pairs, keys, keys + values).toArray();
        int[] order = shuffled(pairs, random);
        int[][] segments = new int[fillers + 2][window()];
        int[][] labels = new int[fillers + 2][window()];
        for (int[] row : labels) {
            Arrays.fill(row, Sample.NONE);
        }
        for (int i = 0; i < pairs; i++) {
            segments[0][2 * i] = chosen[i];
            segments[0][2 * i + 1] = answers[i];
            segments[fillers + 1][2 * i] = chosen[order[i]];
            segments[fillers + 1][2 * i + 1] = answers[order[i]];
            labels[fillers + 1][2 * i] = answers[order[i]];
        }
        for (int f = 1; f <= fillers; f++) {
            segments[f] = random.ints(window(), keys + values, vocab()).toArray();
        }
        return new Sample(segments, labels);
    }

    private static int[] shuffled(int n, SplittableRandom random) {
        int[] order = IntStream.range(0, n).toArray();
        for (int i = n - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }
}

package dev.engram.eval;

import dev.engram.model.BadInputException;
import java.util.Arrays;

/**
 * Where the right entry stood among the candidates of each question: recall at k and mean reciprocal rank.
 *
 * @param ranks of the right entry, from 1; 0 where it was not among the candidates
 */
public record Ranking(int[] ranks) {
    public Ranking {
        if (ranks.length == 0 || Arrays.stream(ranks).anyMatch(r -> r < 0)) {
            throw new BadInputException("The ranks are " + Arrays.toString(ranks)
                    + "; give at least one, from 1 on, or 0 for an entry that was not found.");
        }
    }

    /** Rank of the candidate {@code right} by its score, from 1. Candidates of equal score count as better, so that a constant score finds nothing. */
    public static int rank(double[] scores, int right) {
        int rank = 1;
        for (int i = 0; i < scores.length; i++) {
            // a score that is no number beats the right one as well
            if (i != right && !(scores[i] < scores[right])) {
                rank++;
            }
        }
        return rank;
    }

    /** Share of questions whose right entry is among the first k (R@k, one right entry each). */
    public double recallAt(int k) {
        return Arrays.stream(found(k)).average().orElseThrow();
    }

    /** The same per question, 1 or 0: units for {@link Bootstrap}. */
    public double[] found(int k) {
        return Arrays.stream(ranks).mapToDouble(r -> r > 0 && r <= k ? 1 : 0).toArray();
    }

    /** Mean reciprocal rank; an entry that was not found counts 0. */
    public double mrr() {
        return Arrays.stream(ranks)
                .mapToDouble(r -> r == 0 ? 0 : 1.0 / r)
                .average()
                .orElseThrow();
    }
}

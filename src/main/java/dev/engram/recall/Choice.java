package dev.engram.recall;

import java.util.List;

/**
 * What the memory head chose.
 *
 * @param at place in the bank; {@link #NONE} when it abstained
 * @param cosine of the query with the chosen memory; NaN when it abstained
 * @param best the best memories, best first, as many as the debug output asks for
 */
public record Choice(int at, double cosine, List<Candidate> best) {
    /** No memory fits. */
    public static final int NONE = -1;

    /** One memory with its cosine and logit. */
    public record Candidate(int at, double cosine, double logit) {}

    public Choice {
        best = List.copyOf(best);
    }

    public boolean abstained() {
        return at == NONE;
    }
}

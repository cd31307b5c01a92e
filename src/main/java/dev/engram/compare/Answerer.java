package dev.engram.compare;

import java.util.List;

/** A model with its memory as it is asked. Greedy, and for several probes at once where the mechanism can. */
public interface Answerer {
    /** Neutral beginning of an answer, after which the right one is scored. */
    String STEM = "The answer is:";

    /**
     * What came of a probe.
     *
     * @param answer without special tokens, and without what was recalled before it
     * @param declined whether the memory itself said that it has nothing
     * @param promptTokens fed before the first token of the answer
     * @param newTokens generated, recalled ones included
     * @param nll of each candidate, mean per token, in nats; empty where none was asked for
     */
    record Reply(String answer, boolean declined, int promptTokens, int newTokens, double[] nll) {
        /** The same with scores. */
        Reply with(double... scores) {
            return new Reply(answer, declined, promptTokens, newTokens, scores);
        }
    }

    /** Answers of up to so many tokens, in the order of the probes; 0 for prompts alone. */
    List<Reply> answer(List<Probe> probes, int newTokens);

    /**
     * The same replies with the score of each probe's right answer, and of its rejected one where it has one, after the stem and what
     * the reply recalled.
     */
    List<Reply> score(List<Probe> probes, List<Reply> replies);

    /** Right answer and, where there is one, the rejected one. */
    static List<String> candidates(Probe probe) {
        return probe.rejected().isEmpty() ? List.of(probe.gold()) : List.of(probe.gold(), probe.rejected());
    }
}

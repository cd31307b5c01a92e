package dev.engram.compare;

import dev.engram.compare.Answerer.Reply;
import dev.engram.eval.Answers;

/**
 * One answer of one arm, a line of rows.csv. Shares are 0 or 1.
 *
 * @param nll of the right answer, nats per token, after the stem
 * @param rejected whether the answer holds the rejected value (the old one, after an update)
 * @param nll_rejected of the rejected answer; NaN where there is none
 * @param declined whether the memory said that it has nothing
 * @param abstained whether the answer says that it does not know
 * @param structure whether the answer is a thought and then something
 * @param prompt_tokens fed before the answer
 * @param new_tokens generated, recalled ones included
 */
public record Row(
        String arm,
        long seed,
        String condition,
        String test,
        int number,
        String unit,
        String question,
        String gold,
        String answer,
        double exact,
        double contains,
        double f1,
        double nll,
        double rejected,
        double nll_rejected,
        double declined,
        double abstained,
        double structure,
        int prompt_tokens,
        int new_tokens) {

    static Row of(String arm, long seed, Condition condition, Probe p, Reply r) {
        boolean choice = r.nll().length > 1;
        return new Row(
                arm,
                seed,
                condition.key(),
                p.test().key(),
                p.number(),
                p.unit(),
                p.question(),
                p.gold(),
                r.answer(),
                share(Answers.exact(r.answer(), p.gold())),
                share(Answers.contains(r.answer(), p.gold())),
                Answers.f1(r.answer(), p.gold()),
                r.nll().length > 0 ? r.nll()[0] : Double.NaN,
                share(!p.rejected().isEmpty() && Answers.contains(r.answer(), p.rejected())),
                choice ? r.nll()[1] : Double.NaN,
                share(r.declined()),
                share(Probes.abstains(r.answer())),
                share(Probes.thinks(r.answer())),
                r.promptTokens(),
                r.newTokens());
    }

    private static double share(boolean yes) {
        return yes ? 1 : 0;
    }

    /**
     * 1 where the answer is what its test asks for: the value in the answer; for an unknown name that the memory declines or the
     * answer says so; for the order the smaller loss; for thoughts their form.
     */
    public double success() {
        return switch (Task.of(test)) {
            case UNKNOWN -> Math.max(declined, abstained);
            case ORDER -> share(nll < nll_rejected);
            case THINK -> structure;
            default -> contains;
        };
    }

    /** 1 where the answer holds the old value and not the new one. */
    public double stale() {
        return contains == 0 ? rejected : 0;
    }
}

package dev.engram.forget;

import dev.engram.model.BadInputException;

/**
 * Constants of a forgetting curve R = exp(−t / S) over the slots of the cache.
 *
 * @param initialStrength S0, strength of a new token
 * @param timePerToken what t grows by with each token of text; S0 / timePerToken is the time constant in tokens
 * @param felt tokens c beyond which time is felt by its logarithm: c · ln(1 + tokens / c) in place of the tokens, as in
 *     Ebbinghaus's own formula of 1885, b = k / (k + (log t)^c); infinite for the plain count
 * @param gate attention from which a token counts as rehearsed, which sets t to 0; infinite for no such jump
 * @param grade without a gate: an attention a shrinks t by the factor exp(−grade · a), so that a glance refreshes a little
 * @param gain what S grows by for an attention of 1
 * @param fading what is left of the strength above S0 after a token, in (0, 1]; 1 keeps it for ever
 * @param maxStrength upper bound of S
 * @param relative whether attention is measured in shares of the average: 1 is what a slot would get if all got the same.
 *     Without it the gate loses its meaning as the text grows, because attention sums to 1
 * @param queries how many of a pass's last queries rehearse; the original looks at the last token of a prompt alone
 * @param perHead whether each key/value head has strengths of its own; else a layer has one state (seed 000)
 */
public record EbbinghausConfig(
        double initialStrength,
        double timePerToken,
        double felt,
        double gate,
        double grade,
        double gain,
        double fading,
        double maxStrength,
        boolean relative,
        int queries,
        boolean perHead) {

    public EbbinghausConfig {
        if (!(initialStrength > 0) || !(timePerToken > 0)) {
            throw new BadInputException("The initial strength S0 (" + initialStrength + ") and the time per token ("
                    + timePerToken + ") must be above 0.");
        }
        if (!(felt > 0)) {
            throw new BadInputException("The tokens beyond which time is felt by its logarithm (" + felt
                    + ") must be above 0; infinite for the plain count.");
        }
        if (!(gate >= 0)
                || !(grade >= 0)
                || !(gain >= 0)
                || !(fading > 0 && fading <= 1)
                || !(maxStrength >= initialStrength)
                || queries < 1) {
            throw new BadInputException("A forgetting curve needs gate (" + gate + "), grade (" + grade
                    + ") and gain (" + gain + ") of at least 0, a fading (" + fading
                    + ") above 0 and at most 1, a largest strength (" + maxStrength
                    + ") of at least S0, and at least 1 query ("
                    + queries + ").");
        }
    }

    /**
     * The constants that seed 000 states: S0 = 5, t grows by 0.05 a token, S by the attention received. That t starts anew at
     * an attention of 0.01 is not in the seed; every version of the original's code has it.
     */
    public static EbbinghausConfig documented() {
        return new EbbinghausConfig(
                5, 0.05, Double.POSITIVE_INFINITY, 0.01, 0, 1, 1, Double.MAX_VALUE, false, 1, false);
    }

    /**
     * The documented rule with its time constant stated in tokens and its attention in shares of the average: a token that
     * receives the average is rehearsed. S is cut off at ten times S0. One state a layer, as in the seed.
     */
    public static EbbinghausConfig plain(double tokens) {
        return new EbbinghausConfig(
                5, 5 / tokens, Double.POSITIVE_INFINITY, 1, 0, 0.5, 1, 50, true, SlotScorer.ALL, false);
    }

    /**
     * The library's default, with a time constant in tokens. Differs from the seed: each key/value head has strengths of its
     * own, a token is rehearsed by twice the average attention, and strength above S0 fades by 1 % a token, so that an old
     * favourite can be forgotten too. Notebook 03 measures what these changes are worth.
     */
    public static EbbinghausConfig calibrated(double tokens) {
        return new EbbinghausConfig(
                5, 5 / tokens, Double.POSITIVE_INFINITY, 2, 0, 2.5, 0.99, Double.MAX_VALUE, true, SlotScorer.ALL, true);
    }

    /**
     * The default for budgets, where only the order of retentions counts: the calibrated curve, with time felt by its logarithm
     * beyond 8 tokens. A slot's strength then weighs more than its age among the old ones.
     */
    public static EbbinghausConfig budget(double tokens) {
        return calibrated(tokens).withFelt(8);
    }

    /** The calibrated curve with rehearsal by degrees: every glance makes a token a little younger. */
    public static EbbinghausConfig graded(double tokens) {
        return calibrated(tokens).withRehearsal(Double.POSITIVE_INFINITY, 2.5).withGrade(0.5, 0.99);
    }

    /** Tokens after which an unrehearsed token of initial strength falls to a retention of 1/e. */
    public double timeConstant() {
        return initialStrength / timePerToken;
    }

    /** What {@code tokens} since the last rehearsal count for, in the unit of S. */
    double time(double tokens) {
        return timePerToken * (Double.isInfinite(felt) ? tokens : felt * Math.log1p(tokens / felt));
    }

    /** First token count at which an unrehearsed token falls below a retention. */
    public int tokensUntil(double retention) {
        return (int) Math.floor(timeConstant() * Math.log(1 / retention)) + 1;
    }

    public EbbinghausConfig withTimeConstant(double tokens) {
        return copy(initialStrength / tokens, gate, grade, gain, fading, perHead);
    }

    /** Another gate, and another growth of S for an attention of 1. */
    public EbbinghausConfig withRehearsal(double newGate, double newGain) {
        return copy(timePerToken, newGate, grade, newGain, fading, perHead);
    }

    /** Rehearsal by degrees, and what is left of the strength above S0 after a token. */
    public EbbinghausConfig withGrade(double newGrade, double newFading) {
        return copy(timePerToken, gate, newGrade, gain, newFading, perHead);
    }

    /** Time felt by its logarithm beyond so many tokens. */
    public EbbinghausConfig withFelt(double tokens) {
        return new EbbinghausConfig(
                initialStrength,
                timePerToken,
                tokens,
                gate,
                grade,
                gain,
                fading,
                maxStrength,
                relative,
                queries,
                perHead);
    }

    public EbbinghausConfig withPerHead(boolean on) {
        return copy(timePerToken, gate, grade, gain, fading, on);
    }

    private EbbinghausConfig copy(double dt, double g, double graded, double grows, double fades, boolean heads) {
        return new EbbinghausConfig(
                initialStrength, dt, felt, g, graded, grows, fades, maxStrength, relative, queries, heads);
    }
}

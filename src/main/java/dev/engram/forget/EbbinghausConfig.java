package dev.engram.forget;

import dev.engram.model.BadInputException;

/**
 * Constants of a forgetting curve R = exp(−t / S) over the slots of the cache.
 *
 * @param initialStrength S of a new token
 * @param timePerToken what t grows by with each token of text; S0 / timePerToken is the time constant in tokens
 * @param gate attention from which a token counts as rehearsed, which sets t to 0
 * @param gain what S grows by for an attention of 1
 * @param relative whether attention is measured in shares of the average: 1 is what a slot would get if all got the same.
 *     Without it the gate loses its meaning as the text grows, because attention sums to 1
 * @param maxStrength upper bound of S
 * @param queries how many of a pass's last queries rehearse; the original looks at the last token of a prompt alone
 * @param perHead whether each key/value head has strengths of its own; else a layer has one state (seed 000)
 */
public record EbbinghausConfig(
        double initialStrength,
        double timePerToken,
        double gate,
        double gain,
        boolean relative,
        double maxStrength,
        int queries,
        boolean perHead) {

    public EbbinghausConfig {
        if (!(initialStrength > 0) || !(timePerToken > 0)) {
            throw new BadInputException("The initial strength S0 (" + initialStrength + ") and the time per token ("
                    + timePerToken + ") must be above 0.");
        }
        if (!(gate >= 0) || !(gain >= 0) || !(maxStrength >= initialStrength) || queries < 1) {
            throw new BadInputException("A forgetting curve needs gate (" + gate + ") and gain (" + gain
                    + ") of at least 0, a largest strength (" + maxStrength
                    + ") of at least S0, and at least 1 query (" + queries + ").");
        }
    }

    /**
     * The constants that seed 000 states: S0 = 5, t grows by 0.05 a token, S by the attention received. That t starts anew at
     * an attention of 0.01 is not in the seed; every version of the original's code has it.
     */
    public static EbbinghausConfig documented() {
        return new EbbinghausConfig(5, 0.05, 0.01, 1, false, Double.MAX_VALUE, 1, false);
    }

    /** A curve whose time constant is so many tokens, rehearsed by attention above the average. */
    public static EbbinghausConfig calibrated(double tokens) {
        return new EbbinghausConfig(5, 5 / tokens, 1, 0.5, true, 50, SlotScorer.ALL, false);
    }

    /** Tokens after which an unrehearsed token of initial strength falls to a retention of 1/e. */
    public double timeConstant() {
        return initialStrength / timePerToken;
    }

    /** First token count at which an unrehearsed token falls below a retention. */
    public int tokensUntil(double retention) {
        return (int) Math.floor(timeConstant() * Math.log(1 / retention)) + 1;
    }

    public EbbinghausConfig withTimeConstant(double tokens) {
        return new EbbinghausConfig(
                initialStrength, initialStrength / tokens, gate, gain, relative, maxStrength, queries, perHead);
    }

    public EbbinghausConfig withRehearsal(double newGate, double newGain) {
        return new EbbinghausConfig(
                initialStrength, timePerToken, newGate, newGain, relative, maxStrength, queries, perHead);
    }

    public EbbinghausConfig withMaxStrength(double s) {
        return new EbbinghausConfig(initialStrength, timePerToken, gate, gain, relative, s, queries, perHead);
    }

    public EbbinghausConfig withPerHead(boolean on) {
        return new EbbinghausConfig(initialStrength, timePerToken, gate, gain, relative, maxStrength, queries, on);
    }
}

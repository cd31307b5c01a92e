package dev.engram.eval;

import java.util.Arrays;

/**
 * How one policy did on one text. Arrays hold one value per scored token; where the value is known per chunk only (mass,
 * overlap, bytes), its tokens share it.
 *
 * @param policy its name; "full" is the full cache
 * @param first index in the text of the first scored token
 * @param nll negative log-likelihood in nats
 * @param kl KL(full || policy) in nats
 * @param agree 1 where the likeliest token is the full cache's, else 0
 * @param massLost share of the full cache's attention that went to dropped slots, mean over layers and heads
 * @param oracleLost the same for as many slots chosen with knowledge of that attention
 * @param overlap share of the kept slots that this oracle keeps too
 * @param bytes held by the cache after the policy's turn, room for the next tokens included
 * @param massByLayer mass lost per layer, mean over the tokens
 * @param bytesPeak most bytes held at once, before the policy's turn
 * @param seconds wall time of passes and policy; this is no speed measurement, arms take turns
 * @param policySeconds wall time in the policy
 */
public record Score(
        String policy,
        int first,
        double[] nll,
        double[] kl,
        double[] agree,
        double[] massLost,
        double[] oracleLost,
        double[] overlap,
        double[] bytes,
        double[] massByLayer,
        long bytesPeak,
        double seconds,
        double policySeconds) {

    public double meanNll() {
        return mean(nll);
    }

    public double perplexity() {
        return Math.exp(meanNll());
    }

    public double meanKl() {
        return mean(kl);
    }

    /** Share of tokens where the likeliest token is the full cache's. */
    public double agreement() {
        return mean(agree);
    }

    public double meanMassLost() {
        return mean(massLost);
    }

    public double meanOracleLost() {
        return mean(oracleLost);
    }

    public double meanOverlap() {
        return mean(overlap);
    }

    public double bytesNow() {
        return bytes[bytes.length - 1];
    }

    public double bytesAverage() {
        return mean(bytes);
    }

    /** Share of the time that the policy took. */
    public double policyShare() {
        return seconds == 0 ? 0 : policySeconds / seconds;
    }

    static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }
}

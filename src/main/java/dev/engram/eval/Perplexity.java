package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Perplexity of ordinary text, measured before and after a model learned something: what it forgot. Every window is read by
 * itself, and its first token is not predicted.
 *
 * @param nll per window and predicted token, in nats
 */
public record Perplexity(List<double[]> nll) {
    public Perplexity {
        if (nll.isEmpty()) {
            throw new BadInputException("There are no windows of text; give at least one.");
        }
    }

    /** Reads all windows. */
    public static Perplexity of(CausalLm lm, List<int[]> windows) {
        List<double[]> nll = new ArrayList<>();
        for (int[] ids : windows) {
            nll.add(Arrays.stream(lm.logprobs(ids)).map(p -> -p).toArray());
        }
        return new Perplexity(nll);
    }

    /** exp of the mean over all tokens. */
    public double value() {
        return Math.exp(Score.mean(nll.stream().flatMapToDouble(Arrays::stream).toArray()));
    }

    /** This perplexity relative to another on the same text: 1.05 is 5 % worse. */
    public double relativeTo(Perplexity before) {
        return value() / before.value();
    }

    /**
     * The same with a confidence interval: tokens are resampled in blocks, paired.
     *
     * @param block tokens a block
     */
    public Interval relativeTo(Perplexity before, Bootstrap bootstrap, int block) {
        Interval d = bootstrap.difference(nll.toArray(double[][]::new), before.nll.toArray(double[][]::new), block);
        return new Interval(Math.exp(d.mean()), Math.exp(d.low()), Math.exp(d.high()), d.level());
    }
}

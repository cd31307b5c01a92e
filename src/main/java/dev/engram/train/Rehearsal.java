package dev.engram.train;

import dev.engram.model.BadInputException;

/**
 * How much of what the base said is rehearsed beside what is learned; see {@link Replay}.
 *
 * @param samples drawn from the base before training
 * @param tokens of a sample
 * @param rows samples in each micro-batch
 * @param weight of the KL term
 */
public record Rehearsal(int samples, int tokens, int rows, double weight) {
    public Rehearsal {
        if (samples < rows || rows < 1 || tokens < 2 || !(weight > 0)) {
            throw new BadInputException("The rehearsal has " + samples + " samples of " + tokens + " tokens, " + rows
                    + " a batch, weight " + weight + "; give at least 1 row, as many samples as rows, 2 tokens, and a"
                    + " positive weight.");
        }
    }

    /** 64 samples of 40 tokens, 2 a micro-batch, weight 2. */
    public static Rehearsal defaults() {
        return new Rehearsal(64, 40, 2, 2);
    }
}

package dev.engram.cli.bench;

import java.util.List;

/** Somebody whose training is timed: Engram in one number format of the base, or a peer in one setting. */
interface TrainEntrant extends AutoCloseable {

    /** engram or transformers. */
    String who();

    /** Number format of the frozen base: f32 or bf16. */
    String dtype();

    /** What else distinguishes it, such as the code of the adapters. */
    String setting();

    /**
     * What a run gave, step by step.
     *
     * @param losses before each update, in nats
     * @param seconds wall time of each step
     */
    record Run(double[] losses, double[] seconds) {}

    /**
     * Starts anew from the adapter's first values and takes one step per batch.
     *
     * @param batches each [rows][tokens]; every token is learned
     * @param rate learning rate of AdamW, constant
     */
    Run run(List<int[][]> batches, double rate);

    @Override
    void close();
}

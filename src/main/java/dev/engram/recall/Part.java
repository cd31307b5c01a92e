package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** One term of the loss, with its own rows: a micro-batch of a step. */
interface Part {
    /** The term, a scalar; {@code log} takes its named values. */
    NDArray loss(NDManager scope, int step, Map<String, Double> log);

    /** Tokens fed in the last call. */
    int tokens();
}

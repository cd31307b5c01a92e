package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Adapter;
import dev.engram.model.TrainableDecoder;

/** A batch through the decoder that learns. Only places where something is learned reach the head, whose logits are the largest arrays of a step. */
final class Forward {
    private Forward() {}

    /** Last hidden states at the learned places of the batch, [1, learned, hidden]. */
    static NDArray hidden(NDManager scope, TrainableDecoder decoder, Adapter adapter, Batch batch) {
        NDArray x = decoder.embed(scope, batch.ids()); // [rows, width, hidden]
        NDArray h = decoder.forward(scope, x, null, adapter, batch.seams(scope));
        return decoder.select(scope, h, batch.learned());
    }

    /** Log-probabilities of the learned targets, [1, learned], row by row of the batch. */
    static NDArray logprobs(NDManager scope, TrainableDecoder decoder, Adapter adapter, Batch batch) {
        NDArray logits = decoder.logits(scope, hidden(scope, decoder, adapter, batch)); // [1, learned, vocab]
        return decoder.logprobs(scope, logits, new int[][] {batch.learnedTargets()});
    }
}

package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.engine.Kernel;
import java.util.Arrays;

/** Log-probabilities of a text under a decoder. */
final class Scorer {
    private Scorer() {}

    /**
     * Of tokens 2 … n; no special token is added.
     *
     * @param chunk tokens per pass, which bounds the memory of the logits
     */
    static double[] logprobs(Decoder decoder, int[] ids, int chunk) {
        if (ids.length < 2) {
            throw new BadInputException(
                    "The text has " + ids.length + " tokens; at least 2 are needed, since the first is not predicted.");
        }
        if (ids.length > decoder.config().contextLength()) {
            throw new BadInputException("The text has " + ids.length + " tokens, more than the model's context of "
                    + decoder.config().contextLength() + "; limit it with --max_tokens.");
        }
        TextFit.require(decoder.config(), decoder.vocab(), new int[][] {ids}, 0);
        double[] all = new double[ids.length - 1];
        try (KvCache cache = decoder.newCache()) {
            for (int at = 0; at < all.length; at += chunk) {
                int end = Math.min(all.length, at + chunk);
                try (NDManager scope = decoder.newScope()) {
                    int[][] inputs = {Arrays.copyOfRange(ids, at, end)};
                    int[][] targets = {Arrays.copyOfRange(ids, at + 1, end + 1)};
                    NDArray hidden = decoder.forward(scope, inputs, cache, Seams.none());
                    float[] part =
                            decoder.logprobs(scope, decoder.logits(scope, hidden, 0), Kernel.ids(scope, targets));
                    for (int i = 0; i < part.length; i++) {
                        all[at + i] = part[i];
                    }
                }
            }
        }
        return all;
    }
}

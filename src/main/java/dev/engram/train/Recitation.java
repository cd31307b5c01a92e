package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Adapter;
import dev.engram.model.TrainableDecoder;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether greedy decoding would say the labelled tokens of an example, asked of the decoder that learns and without generating: it
 * does so exactly if each labelled token is the most probable one after those before it. One pass for several questions, so that
 * a stream of updates can be watched step by step.
 *
 * <p>Differs from {@link dev.engram.eval.Questions} in that the answer must be right token by token: "58 kg." for "58 kg" is wrong.
 *
 * @param exact whether each labelled token is the most probable one
 * @param nll of each labelled token, in nats
 */
public record Recitation(boolean exact, double[] nll) {
    /** Mean over the labelled tokens, in nats. */
    public double meanNll() {
        double sum = 0;
        for (double x : nll) {
            sum += x;
        }
        return sum / nll.length;
    }

    /** 1 or 0, for means. */
    public double exactness() {
        return exact ? 1 : 0;
    }

    /**
     * Asks everything with the weights as they are now.
     *
     * @param adapter beside the weights, or null
     * @param rows examples of one pass
     * @param pad id that fills short rows
     * @return in the order of the examples
     */
    public static List<Recitation> of(
            TrainableDecoder decoder, Adapter adapter, List<Example> examples, int rows, int pad) {
        List<Recitation> all = new ArrayList<>();
        for (int at = 0; at < examples.size(); at += rows) {
            Batch batch = Batch.of(examples.subList(at, Math.min(examples.size(), at + rows)), pad);
            try (NDManager scope = decoder.newScope()) {
                NDArray hidden = Forward.hidden(scope, decoder, adapter, batch);
                NDArray logits = decoder.logits(scope, hidden); // [1, learned, vocab]
                int[] targets = batch.learnedTargets();
                float[] logprobs =
                        decoder.logprobs(scope, logits, new int[][] {targets}).toFloatArray();
                long[] best = logits.argMax(2).toLongArray(); // [1, learned]
                int[] places = batch.learned();
                int i = 0;
                for (int r = 0; r < batch.rows(); r++) {
                    int from = i;
                    boolean exact = true;
                    while (i < places.length && places[i] / batch.width() == r) {
                        exact &= best[i] == targets[i];
                        i++;
                    }
                    double[] nll = new double[i - from];
                    for (int t = from; t < i; t++) {
                        nll[t - from] = -logprobs[t];
                    }
                    all.add(new Recitation(exact, nll));
                }
            }
        }
        return all;
    }
}

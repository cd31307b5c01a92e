package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Adapter;
import dev.engram.model.Seams;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import java.util.Arrays;
import java.util.function.Consumer;

/** Next-token loss on token sequences of one length; step and micro-batch say which. */
class TextTask implements TrainingTask {
    private static final int PER_STEP = 4;

    private final TrainableDecoder decoder;
    private final int[][] texts;
    private final int batch;
    private Adapter adapter;
    private TokenRows rows;
    private Consumer<Integer> before = step -> {};

    /** {@code batch} texts in a micro-batch, taken round and round, four a step. */
    TextTask(TrainableDecoder decoder, int[][] texts, int batch) {
        this.decoder = decoder;
        this.texts = texts;
        this.batch = batch;
    }

    TextTask with(Adapter a) {
        adapter = a;
        return this;
    }

    TextTask with(TokenRows r) {
        rows = r;
        return this;
    }

    TextTask before(Consumer<Integer> action) {
        before = action;
        return this;
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        before.accept(step);
        int[][] inputs = new int[batch][];
        int[][] labels = new int[batch][];
        for (int i = 0; i < batch; i++) {
            int[] text = texts[(step * PER_STEP + micro * batch + i) % texts.length];
            inputs[i] = Arrays.copyOf(text, text.length - 1);
            labels[i] = Arrays.copyOfRange(text, 1, text.length);
        }
        NDArray x = decoder.embed(scope, inputs, null, rows);
        return decoder.crossEntropy(scope, decoder.forward(scope, x, null, adapter, Seams.none()), labels, rows);
    }

    @Override
    public int labels(int step, int micro) {
        return batch * (texts[0].length - 1);
    }

    @Override
    public int tokens(int step, int micro) {
        return labels(step, micro);
    }
}

package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Adapter;
import dev.engram.model.Seams;
import dev.engram.model.TokenRows;
import dev.engram.model.TrainableDecoder;
import java.util.Arrays;

/** Next-token loss on token sequences of a fixed length; step and micro-batch say which. */
class TextTask implements TrainingTask {
    private final TrainableDecoder decoder;
    private final int[][] texts;
    private final int batch;
    private Adapter adapter;
    private TokenRows rows;

    /** Texts of equal length, {@code batch} of them in a micro-batch, taken round and round. */
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

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        int[][] inputs = new int[batch][];
        int[][] labels = new int[batch][];
        for (int i = 0; i < batch; i++) {
            int[] text = text(step, micro, i);
            inputs[i] = Arrays.copyOf(text, text.length - 1);
            labels[i] = Arrays.copyOfRange(text, 1, text.length);
        }
        NDArray x = decoder.embed(scope, inputs, null, rows);
        return decoder.crossEntropy(scope, decoder.forward(scope, x, null, adapter, Seams.none()), labels, rows);
    }

    /** Micro-batches of a step follow each other, so that a larger batch holds the same texts. */
    int[] text(int step, int micro, int i) {
        return texts[(step * perStep() + micro * batch + i) % texts.length];
    }

    int perStep() {
        return 4;
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

package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.Tape;
import dev.engram.train.TrainingTask;
import java.util.List;

/**
 * Training of LMCODE: a batch of samples is read segment by segment, memories carried over and gradients flowing back to the first
 * segment; the loss is the mean cross-entropy of all labels. Every batch begins with empty memories.
 */
final class MemoryTask implements TrainingTask {
    /** The batch of a step. */
    interface Batches {
        List<Sample> of(int step);
    }

    private final Lmcode model;
    private final Batches batches;
    private final String fingerprint;
    private MemoryWatch watch;

    MemoryTask(Lmcode model, Batches batches, String fingerprint) {
        this.model = model;
        this.batches = batches;
        this.fingerprint = fingerprint;
    }

    /** Is shown the state after each batch. */
    interface MemoryWatch {
        void seen(int step, MemoryState state);
    }

    MemoryTask watch(MemoryWatch w) {
        watch = w;
        return this;
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        List<Sample> batch = batches.of(step);
        MemoryState state = model.newState(scope, batch.size(), model.config().memories());
        NDArray sum = null;
        int all = batch.stream().mapToInt(Sample::labelled).sum();
        for (int s = 0; s < batch.get(0).segments().length; s++) {
            NDArray hidden = model.forward(scope, segment(batch, s), state);
            int[][] labels = labels(batch, s);
            int here = count(labels);
            if (here > 0) {
                NDArray part = model.decoder().crossEntropy(scope, hidden, labels, null);
                NDArray weighted = Tape.times(scope, part, (double) here / all);
                sum = sum == null ? weighted : sum.add(weighted);
            }
        }
        if (sum == null) {
            throw new BadInputException("No sample of the batch has a label; give texts with something to predict.");
        }
        if (watch != null) {
            watch.seen(step, state);
        }
        return sum;
    }

    static int[][] segment(List<Sample> batch, int s) {
        return batch.stream().map(b -> b.segments()[s]).toArray(int[][]::new);
    }

    static int[][] labels(List<Sample> batch, int s) {
        return batch.stream().map(b -> b.labels()[s]).toArray(int[][]::new);
    }

    private static int count(int[][] labels) {
        int n = 0;
        for (int[] row : labels) {
            for (int label : row) {
                n += label == Sample.NONE ? 0 : 1;
            }
        }
        return n;
    }

    @Override
    public int tokens(int step, int micro) {
        List<Sample> batch = batches.of(step);
        int tokens = 0;
        for (int[] segment : batch.get(0).segments()) {
            tokens += segment.length * batch.size();
        }
        return tokens;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }
}

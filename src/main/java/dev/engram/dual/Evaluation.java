package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * How well a model predicts the labels of texts.
 *
 * @param right labels whose token is the likeliest
 * @param labels all labels
 * @param loss mean cross-entropy in nats
 */
public record Evaluation(int right, int labels, double loss) {
    public double accuracy() {
        return (double) right / labels;
    }

    /** Reads the texts as one batch, with empty memories of their own. */
    static Evaluation of(Lmcode model, List<Sample> texts, Memories memories) {
        int right = 0;
        int all = 0;
        double loss = 0;
        int vocab = model.config().vocabSize();
        try (NDManager scope = model.newScope()) {
            MemoryState state = model.newState(scope, texts.size(), memories);
            for (int s = 0; s < texts.get(0).segments().length; s++) {
                try (NDManager step = scope.newSubManager()) {
                    NDArray hidden = model.forward(step, MemoryTask.segment(texts, s), state);
                    int[][] labels = MemoryTask.labels(texts, s);
                    int tokens = labels[0].length;
                    float[] logits = model.logits(step, hidden).toFloatArray(); // [batch, tokens, vocab]
                    for (int i = 0; i < labels.length * tokens; i++) {
                        int label = labels[i / tokens][i % tokens];
                        if (label != Sample.NONE) {
                            int best = i * vocab;
                            double sum = 0;
                            for (int v = i * vocab; v < (i + 1) * vocab; v++) {
                                best = logits[v] > logits[best] ? v : best;
                                sum += Math.exp(logits[v] - logits[i * vocab]);
                            }
                            right += best == i * vocab + label ? 1 : 0;
                            loss += Math.log(sum) - (logits[i * vocab + label] - logits[i * vocab]);
                            all++;
                        }
                    }
                }
            }
        }
        return new Evaluation(right, all, loss / Math.max(1, all));
    }
}

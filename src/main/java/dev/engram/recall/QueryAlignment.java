package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The seed's step 1: the state at {@code <recall>} after a text is drawn to that text's vector by the mean squared error. It
 * trains text on itself and never a question on its memory; the contrastive counterpart is {@link Parts#queries}.
 */
final class QueryAlignment {
    /**
     * A text to align.
     *
     * @param ids its tokens, {@code <recall>} last
     * @param vector target, [width]
     */
    record Text(int[] ids, float[] vector) {}

    private QueryAlignment() {}

    /** The MSE over {@code count} texts a step. */
    static Part mse(Learner learner, List<Text> texts, int count, long seed) {
        return new Part() {
            private int tokens;

            @Override
            public NDArray loss(NDManager scope, int step, Map<String, Double> log) {
                SplittableRandom random = Shuffle.stream(seed, "mse".hashCode(), step);
                List<RecallRow> rows = new ArrayList<>();
                int width = learner.width();
                float[] targets = new float[count * width];
                for (int i = 0; i < count; i++) {
                    Text text = texts.get(random.nextInt(texts.size()));
                    rows.add(RecallRow.unlabelled(text.ids(), -1));
                    System.arraycopy(text.vector(), 0, targets, i * width, width);
                }
                RowBatch batch = new RowBatch(rows, 0);
                tokens = batch.tokens();
                NDArray queries = learner.queries(scope, batch, learner.hidden(scope, batch, null, random));
                NDArray loss = learner.losses()
                        .record(scope, "mse", queries, scope.create(targets, new Shape(count, width)))
                        .get(0);
                log.put("mse", (double) loss.getFloat());
                return loss;
            }

            @Override
            public int tokens() {
                return tokens;
            }
        };
    }
}

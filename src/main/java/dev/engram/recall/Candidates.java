package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * The memories among which a query is to find its own in training: those of the bank, and others that stand for memories not
 * stored.
 */
final class Candidates implements AutoCloseable {
    private final NDManager manager;
    private final List<float[]> units;
    private final NDArray matrix;
    private final NDArray queryMean;

    /**
     * Candidates.
     *
     * @param units unit vectors; the first are the trained memories, by number
     * @param queryMean subtracted from queries
     */
    Candidates(NDManager parent, List<float[]> units, float[] queryMean) {
        this.manager = parent.newSubManager();
        this.units = units;
        int width = queryMean.length;
        float[] flat = new float[units.size() * width];
        for (int i = 0; i < units.size(); i++) {
            System.arraycopy(units.get(i), 0, flat, i * width, width);
        }
        this.matrix = manager.create(flat, new Shape(units.size(), width));
        this.queryMean = manager.create(queryMean);
    }

    float[] unit(int at) {
        return units.get(at);
    }

    int size() {
        return units.size();
    }

    /**
     * InfoNCE of queries [k, d] (van den Oord et al. 2018) with the head's own scale and nothing slot.
     *
     * @param targets a candidate each, or {@link RecallRow#NOTHING}
     */
    NDArray loss(NDManager scope, Learner learner, HeadParameters head, NDArray queries, int[] targets) {
        long[] classes = new long[targets.length];
        for (int i = 0; i < targets.length; i++) {
            classes[i] = targets[i] == RecallRow.NOTHING ? size() : targets[i];
        }
        return learner.losses()
                .record(
                        scope,
                        "info_nce",
                        queries,
                        queryMean,
                        matrix,
                        head.nothing(),
                        head.bias(),
                        head.logScale(),
                        scope.create(classes))
                .get(0);
    }

    @Override
    public void close() {
        manager.close();
    }
}

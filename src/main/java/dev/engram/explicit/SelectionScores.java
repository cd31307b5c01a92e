package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Collects a selector's scores while a batch of references is encoded behind a prefix. */
final class SelectionScores implements Seams.ProjectionWatch, Seams.AttentionWatch {
    private final TokenSelector selector;
    private final List<int[]> references;
    private final int width;
    private final int[] layers;
    private final int kvHeads;
    private final int before;
    private final NDArray text;
    /** By place among the memory layers, [batch × kvHeads × width]. */
    private final float[][] scores;

    private NDArray received;

    /**
     * Scores of a batch.
     *
     * @param cache that holds the prefix and nothing else
     * @param references tokens of each
     * @param width tokens of a row of the batch
     * @param layers the memory layers, ascending
     */
    SelectionScores(
            NDManager scope, TokenSelector selector, KvCache cache, List<int[]> references, int width, int[] layers) {
        this.selector = selector;
        this.references = references;
        this.width = width;
        this.layers = layers;
        this.kvHeads = cache.config().kvHeads();
        this.before = cache.length(0);
        this.scores = new float[layers.length][];
        float[] where = new float[references.size() * width];
        for (int r = 0; r < references.size(); r++) {
            Arrays.fill(where, r * width, r * width + references.get(r).length, 1);
        }
        this.text = scope.create(where, new Shape(references.size(), width));
    }

    /** The plug-ins for encoding; none where every one of these numbers of tokens keeps all. */
    Seams seams(List<Integer> tokens) {
        boolean choose = references.stream().anyMatch(r -> tokens.stream().anyMatch(most -> !allKept(most, r.length)));
        if (!choose) {
            return Seams.none();
        }
        boolean watched = selector.watched(width) > 0;
        return watched
                ? Seams.none().withWatch(this).withProjections(this)
                : Seams.none().withProjections(this);
    }

    @Override
    public int queries() {
        return selector.watched(width);
    }

    @Override
    public void received(int layer, NDArray attention) {
        received = attention;
    }

    @Override
    public boolean sees(int layer) {
        return Arrays.binarySearch(layers, layer) >= 0;
    }

    /** What a selector makes of a layer belongs to the layer's manager and goes with it. */
    @Override
    public void projected(int layer, NDArray q, NDArray k, NDArray v) {
        NDArray own = received == null ? null : received.get(":, :, " + before + ":");
        NDArray found = selector.scores(new TokenSelector.LayerView(layer, q, k, v, own, text));
        scores[Arrays.binarySearch(layers, layer)] = found.toFloatArray();
    }

    private static boolean allKept(int most, int length) {
        return most == WriteConfig.ALL_TOKENS || most >= length;
    }

    /** Slots that are kept, [memory layers × kvHeads][tokens], ascending; a slot's number is its token's position. */
    int[][] kept(int reference, int most) {
        int length = references.get(reference).length;
        int[][] kept = new int[layers.length * kvHeads][];
        for (int i = 0; i < kept.length; i++) {
            int from = (reference * kvHeads + i % kvHeads) * width;
            IntStream tokens =
                    allKept(most, length) ? IntStream.range(0, length) : top(length, most, scores[i / kvHeads], from);
            kept[i] = tokens.map(t -> before + t).toArray();
        }
        return kept;
    }

    /** The best tokens of a head; of equal ones the earlier. */
    private IntStream top(int length, int most, float[] of, int from) {
        return IntStream.range(0, length)
                .boxed()
                .sorted(Comparator.comparingDouble(t -> -of[from + t]))
                .limit(most)
                .mapToInt(Integer::intValue)
                .sorted();
    }
}

package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy.Layer;
import java.util.Arrays;

/**
 * Attention of the last queries, pooled over neighbouring slots, for each key/value head; the window of those queries itself
 * stays: SnapKV (Li et al. 2024, arXiv 2404.14469), with average pooling as in its later code and in kvpress.
 *
 * <p>Differs from the paper in that it goes on while decoding: deciding every {@code window} tokens, it looks at exactly the
 * last {@code window} queries again; between, the window before counts for the part that is missing.
 */
final class SnapKv implements SlotScorer {
    private final int window;
    private final int kernel;
    private final SlotValues current = new SlotValues(0);
    private final SlotValues before = new SlotValues(0);
    /** Queries in the current sum, by layer. */
    private int[] counted = new int[0];

    /**
     * A scorer for one cache.
     *
     * @param window how many queries look back; their tokens stay
     * @param kernel over how many slots attention is averaged, odd
     */
    SnapKv(int window, int kernel) {
        if (window < 1 || kernel < 1 || kernel % 2 == 0) {
            throw new BadInputException("SnapKV needs a window (" + window + ") of at least 1 token and an odd kernel ("
                    + kernel + ") of at least 1 slot.");
        }
        this.window = window;
        this.kernel = kernel;
    }

    @Override
    public int queries() {
        return window;
    }

    @Override
    public void observe(Layer layer) {
        if (counted.length == 0) {
            counted = new int[layer.cache().layers()];
        }
        int i = layer.index();
        if (counted[i] >= window || layer.newTokens() >= window) {
            float[][] full = current.of(layer, layer.received().length);
            float[][] old = before.of(layer, full.length);
            for (int h = 0; h < full.length; h++) {
                System.arraycopy(full[h], 0, old[h], 0, full[h].length);
                Arrays.fill(full[h], 0);
            }
            counted[i] = 0;
        }
        current.add(layer, layer.received());
        counted[i] += Math.min(window, layer.newTokens());
    }

    @Override
    public float[][] score(Layer layer) {
        float[][] sum = current.of(layer);
        float[][] old = before.of(layer, sum.length);
        float missing = Math.max(0, window - counted[layer.index()]) / (float) window;
        int candidates = Math.max(0, layer.slots() - window);
        float[][] scores = new float[sum.length][layer.slots()];
        for (int h = 0; h < scores.length; h++) {
            for (int s = 0; s < candidates; s++) {
                int to = Math.min(candidates - 1, s + kernel / 2);
                for (int near = Math.max(0, s - kernel / 2); near <= to; near++) {
                    scores[h][s] += sum[h][near] + missing * old[h][near];
                }
            }
            Arrays.fill(scores[h], candidates, layer.slots(), Float.MAX_VALUE);
        }
        return scores;
    }

    @Override
    public void kept(int layer, int[][] kept) {
        current.keep(layer, kept);
        before.keep(layer, kept);
    }
}

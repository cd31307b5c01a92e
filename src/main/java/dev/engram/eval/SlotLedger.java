package dev.engram.eval;

import dev.engram.model.CachePolicy;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.Arrays;

/**
 * A policy, watched: which tokens of the text still stand in each layer's slots. Tokens are counted as they are fed, from 0;
 * a cache's own positions cannot tell, since they may be renumbered.
 */
final class SlotLedger implements CachePolicy {
    private final CachePolicy policy;
    /** [layers][1 or kvHeads][slots], ascending. */
    private final int[][][] tokens;

    private int seen;

    SlotLedger(CachePolicy policy, int layers) {
        this.policy = policy;
        this.tokens = new int[layers][1][0];
    }

    /** Tokens fed so far. */
    int seen() {
        return seen;
    }

    /** Indices of the tokens that a key/value head of a layer still holds, ascending. */
    int[] tokens(int layer, int head) {
        int[][] heads = tokens[layer];
        return heads[heads.length == 1 ? 0 : head];
    }

    /** Share of the tokens {@code from} (inclusive) to {@code to} that a layer still holds, mean over its heads. */
    double survived(int layer, int from, int to) {
        double held = 0;
        for (int[] head : tokens[layer]) {
            held += Arrays.stream(head).filter(t -> t >= from && t < to).count();
        }
        return held / tokens[layer].length / (to - from);
    }

    @Override
    public int queries() {
        return policy.queries();
    }

    @Override
    public Seams equip(Seams seams) {
        return policy.equip(seams);
    }

    @Override
    public void before(KvCache cache, int newTokens) {
        policy.before(cache, newTokens);
    }

    @Override
    public int[][] keep(Layer layer) {
        int i = layer.index();
        for (int h = 0; h < tokens[i].length; h++) {
            int old = tokens[i][h].length;
            tokens[i][h] = Arrays.copyOf(tokens[i][h], old + layer.newTokens());
            for (int t = 0; t < layer.newTokens(); t++) {
                tokens[i][h][old + t] = seen + t;
            }
        }
        int[][] kept = policy.keep(layer);
        if (kept != null) {
            int heads = Math.max(kept.length, tokens[i].length);
            int[][] left = new int[heads][];
            for (int h = 0; h < heads; h++) {
                int[] from = tokens(i, h);
                left[h] = Arrays.stream(kept[kept.length == 1 ? 0 : h])
                        .map(slot -> from[slot])
                        .toArray();
            }
            tokens[i] = left;
        }
        if (i == tokens.length - 1) {
            seen += layer.newTokens();
        }
        return kept;
    }

    @Override
    public void after(KvCache cache) {
        policy.after(cache);
        for (int i = 0; i < tokens.length; i++) {
            if (cache.length(i) != tokens[i][0].length) {
                throw new IllegalStateException(
                        "layer " + i + " holds " + cache.length(i) + " slots, but the policy kept "
                                + tokens[i][0].length + "; drop slots only through the answer of keep");
            }
        }
    }
}

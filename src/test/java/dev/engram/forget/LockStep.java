package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.CachePolicy;
import dev.engram.model.Decoder;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A text read twice, pass by pass: with a policy, and with a full cache in which everything that the policy has deleted is
 * hidden by −∞ in the attention logits. Knows of every head which tokens of the text are alive, from the policy's answers
 * alone.
 */
final class LockStep implements AutoCloseable {
    private final Decoder decoder;
    private final CachePolicy policy;
    private final boolean compares;
    private final KvCache cache;
    private final KvCache full;
    private final PolicyRunner runner;
    private final Seams seams;
    /** [layers][kvHeads]: text indices, ascending. */
    private final int[][][] alive;
    /** Every set that was ever kept, in order. */
    private final List<int[][]> decisions = new ArrayList<>();

    private float[] logits;
    private double worst;
    private boolean followsPositions = true;

    /**
     * Starts with an empty cache.
     *
     * @param policy null for the full cache
     * @param compares whether the reference runs too
     */
    LockStep(Decoder decoder, CachePolicy policy, boolean compares) {
        this.decoder = decoder;
        this.policy = policy;
        this.compares = compares;
        this.cache = decoder.newCache();
        this.full = decoder.newCache();
        this.runner = new PolicyRunner(policy == null ? null : new Recorder(), cache);
        this.seams = runner.listen(Seams.none());
        this.alive = new int[cache.layers()][decoder.config().kvHeads()][0];
    }

    /** For runs that rebase: slots then have other positions than tokens have indices. */
    LockStep withoutPositions() {
        followsPositions = false;
        return this;
    }

    /** Feeds the text in passes of these sizes, the last one repeated. */
    LockStep feed(int[] ids, int... chunks) {
        for (int at = 0, c = 0; at < ids.length; c++) {
            int end = Math.min(ids.length, at + chunks[Math.min(c, chunks.length - 1)]);
            pass(Arrays.copyOfRange(ids, at, end));
            at = end;
        }
        return this;
    }

    LockStep pass(int... ids) {
        int before = cache.tokensSeen();
        runner.before(ids.length);
        for (int[][] layer : alive) {
            for (int h = 0; h < layer.length; h++) {
                int n = layer[h].length;
                layer[h] = Arrays.copyOf(layer[h], n + ids.length);
                Arrays.setAll(layer[h], fill(layer[h], n, before));
            }
        }
        try (NDManager scope = decoder.newScope()) {
            float[] reference = null;
            if (compares) {
                Seams hidden = Seams.none().withBias((layer, slots) -> mask(scope, layer, slots, ids.length));
                reference = read(scope, full, ids, hidden);
            }
            logits = read(scope, cache, ids, seams);
            if (compares) {
                worst = Math.max(worst, Golden.relativeRms(logits, reference));
            }
        }
        runner.apply(ids.length);
        check();
        return this;
    }

    private static java.util.function.IntUnaryOperator fill(int[] own, int known, int before) {
        return s -> s < known ? own[s] : before + s - known;
    }

    private float[] read(NDManager scope, KvCache own, int[] ids, Seams plugins) {
        NDArray hidden = decoder.forward(scope, new int[][] {ids}, own, plugins);
        return decoder.logits(scope, hidden, 0).toFloatArray();
    }

    /** 0, or what the policy adds, where a token is alive; −∞ elsewhere. */
    private NDArray mask(NDManager scope, int layer, int slots, int newTokens) {
        int heads = alive[layer].length;
        float[] mask = new float[heads * slots];
        Arrays.fill(mask, Float.NEGATIVE_INFINITY);
        int own = cache.length(layer) + newTokens;
        NDArray soft = seams.bias() == null ? null : seams.bias().of(layer, own);
        float[] added = soft == null ? new float[own] : soft.toFloatArray();
        for (int h = 0; h < heads; h++) {
            int row = added.length > own ? h * own : 0;
            for (int s = 0; s < own; s++) {
                mask[h * slots + alive[layer][h][s]] = added[row + s];
            }
        }
        return scope.create(mask, new Shape(1, heads, 1, slots));
    }

    private void check() {
        for (int i = 0; i < alive.length; i++) {
            for (int h = 0; h < alive[i].length; h++) {
                assertEquals(alive[i][h].length, cache.length(i), "layer " + i);
                if (followsPositions) {
                    assertArrayEquals(alive[i][h], cache.positions(i, h), "layer " + i + " head " + h);
                }
            }
        }
    }

    KvCache cache() {
        return cache;
    }

    /** Text indices that a head still holds. */
    int[] alive(int layer, int head) {
        return alive[layer][head];
    }

    List<int[][]> decisions() {
        return decisions;
    }

    /** Of the last pass, [tokens × vocab]. */
    float[] logits() {
        return logits;
    }

    /** Largest relative RMS between the two readings, over the passes. */
    double worst() {
        return worst;
    }

    int longest() {
        return IntStream.range(0, cache.layers()).map(cache::length).max().orElse(0);
    }

    void everyHeadHolds(int... tokens) {
        for (int i = 0; i < alive.length; i++) {
            for (int h = 0; h < alive[i].length; h++) {
                for (int t : tokens) {
                    assertTrue(
                            Arrays.binarySearch(alive[i][h], t) >= 0,
                            "token " + t + " is gone from layer " + i + " head " + h + ", which holds "
                                    + Arrays.toString(alive[i][h]));
                }
            }
        }
    }

    @Override
    public void close() {
        cache.close();
        full.close();
    }

    /** Passes everything on to the policy, and notes its answers. */
    private final class Recorder implements CachePolicy {
        @Override
        public int queries() {
            return policy.queries();
        }

        @Override
        public Seams equip(Seams plugins) {
            return policy.equip(plugins);
        }

        @Override
        public void before(KvCache own, int newTokens) {
            policy.before(own, newTokens);
        }

        @Override
        public int[][] keep(Layer layer) {
            int[][] kept = policy.keep(layer);
            if (kept != null) {
                decisions.add(kept);
                int[][] heads = alive[layer.index()];
                for (int h = 0; h < heads.length; h++) {
                    int[] from = heads[h];
                    heads[h] = Arrays.stream(kept[kept.length == 1 ? 0 : h])
                            .map(s -> from[s])
                            .toArray();
                }
            }
            return kept;
        }

        @Override
        public void after(KvCache own) {
            policy.after(own);
        }
    }
}

package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Decides which slots of the cache are kept. After a forward pass has attended, the cache hands each layer's slots and the
 * attention they received to the policy: attend → update → decide → delete. A policy with a state of its own serves one
 * cache from its first token on.
 */
public interface CachePolicy {

    /** How many of a pass's last queries the received attention sums over; 0 when attention is not needed. Asked anew each pass. */
    int queries();

    /**
     * Looks at one layer.
     *
     * @return ascending slots to keep, [1][n] for all heads alike or [kvHeads][n]; null keeps everything
     */
    int[][] keep(Layer layer);

    /** Adds what else the policy needs of a pass, such as projections to see or a bias to give; asked once, before the first pass. */
    default Seams equip(Seams seams) {
        return seams;
    }

    /** Called before each pass, with the number of tokens that it will feed. */
    default void before(KvCache cache, int newTokens) {}

    /** Called after each pass, when all layers have been decided. */
    default void after(KvCache cache) {}

    /**
     * One layer's slots after a pass.
     *
     * @param index of the layer
     * @param cache for positions, keys and values
     * @param received [kvHeads][slots] attention summed over the queries asked for, mean over the heads that share a key/value
     *     head; null when {@link #queries} was 0
     * @param newTokens slots written by this pass, at the end
     */
    record Layer(int index, KvCache cache, float[][] received, int newTokens) {
        public int slots() {
            return cache.length(index);
        }

        /** True positions of the slots, for one key/value head. */
        public int[] positions(int head) {
            return cache.positions(index, head);
        }

        /** Rotated keys in f32, [1, kvHeads, slots, headDim]. */
        public NDArray keys(NDManager scope) {
            return cache.keys(scope, index);
        }

        /** Values in f32, [1, kvHeads, slots, headDim]. */
        public NDArray values(NDManager scope) {
            return cache.values(scope, index);
        }
    }
}

package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CachePolicy.Layer;

/**
 * Minus the cosine between a slot's key and the mean direction of its head's keys: what is unlike the others stays (KeyDiff,
 * Park et al. 2025, arXiv 2504.15364). The paper decides block by block of the prompt; feed it in such chunks for the same.
 */
final class KeyDiff implements SlotScorer {
    @Override
    public float[][] score(Layer layer) {
        try (NDManager scope = layer.cache().newScope()) {
            NDArray keys = layer.keys(scope); // [1, kvHeads, slots, headDim]
            NDArray unit = keys.div(keys.square().sum(new int[] {3}, true).sqrt());
            NDArray anchor = unit.mean(new int[] {2}, true); // its length is the same for all slots of a head
            return Rows.of(unit.mul(anchor).sum(new int[] {3}).neg(), layer.slots());
        }
    }
}

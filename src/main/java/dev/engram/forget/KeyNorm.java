package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CachePolicy.Layer;

/**
 * Minus the length of the key, for each key/value head: short keys tend to draw attention (Devoto et al. 2024, arXiv
 * 2406.11430). Differs from the paper in that every layer takes part; it spares the first ones.
 */
final class KeyNorm implements SlotScorer {
    @Override
    public float[][] score(Layer layer) {
        try (NDManager scope = layer.cache().newScope()) {
            NDArray keys = layer.keys(scope); // [1, kvHeads, slots, headDim]
            return Rows.of(keys.square().sum(new int[] {3}).sqrt().neg(), layer.slots());
        }
    }
}

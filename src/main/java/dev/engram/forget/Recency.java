package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/** The later a token stands in the text, the more it is worth: a sliding window; with sinks, StreamingLLM (Xiao et al. 2023). */
final class Recency implements SlotScorer {
    @Override
    public float[][] score(Layer layer) {
        float[] order = new float[layer.slots()];
        for (int s = 0; s < order.length; s++) {
            order[s] = s;
        }
        return new float[][] {order};
    }
}

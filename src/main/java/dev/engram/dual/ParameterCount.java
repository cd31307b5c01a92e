package dev.engram.dual;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many numbers a model of a configuration has and what they are for, by arithmetic alone; the seed claims that about 2 % of the
 * parameters are memory.
 *
 * @param embedding token table, which is the head too
 * @param positions learned positions
 * @param attention self-attention of all layers, with its norm
 * @param feedForward feed-forward parts of all layers, with their norms, and the last norm
 * @param shortTermState first states of the short-term memories
 * @param shortTermProjections their projections and update gates
 * @param longTermProjections projections and gates of the long-term memories
 * @param longTermSlots numbers in full long-term stores, keys and values; stored, not learned
 */
public record ParameterCount(
        long embedding,
        long positions,
        long attention,
        long feedForward,
        long shortTermState,
        long shortTermProjections,
        long longTermProjections,
        long longTermSlots) {

    public static ParameterCount of(LmcodeConfig c) {
        long h = c.hiddenSize();
        long layers = c.numLayers();
        boolean st = c.memories().shortTerm();
        boolean lt = c.memories().longTerm();
        return new ParameterCount(
                c.vocabSize() * h,
                c.window() * h,
                layers * (4 * h * h + h),
                layers * (3 * h * c.decoder().intermediate() + h) + h,
                st ? layers * c.shortTermMemorySize() * h : 0,
                st ? layers * (8 * h * h + h) : 0,
                lt ? layers * (4 * h * h + h + 1) : 0,
                lt ? layers * c.longTermMemorySlots() * 2 * h : 0);
    }

    /** Parameters of the decoder without memories. */
    public long base() {
        return embedding + positions + attention + feedForward;
    }

    /** Learned parameters of the memories. */
    public long memory() {
        return shortTermState + shortTermProjections + longTermProjections;
    }

    /** All learned parameters. */
    public long learned() {
        return base() + memory();
    }

    /** Share of the memories in the learned parameters. */
    public double memoryShare() {
        return (double) memory() / learned();
    }

    /** The same with the slots of the long-term stores counted as parameters. */
    public double memoryShareWithSlots() {
        return (double) (memory() + longTermSlots) / (learned() + longTermSlots);
    }

    /** Categories in the order of a table. */
    public Map<String, Long> byCategory() {
        Map<String, Long> all = new LinkedHashMap<>();
        all.put("token embedding", embedding);
        all.put("positions", positions);
        all.put("self-attention", attention);
        all.put("feed-forward", feedForward);
        all.put("short-term first states", shortTermState);
        all.put("short-term projections and gates", shortTermProjections);
        all.put("long-term projections and gates", longTermProjections);
        all.put("long-term slots (stored)", longTermSlots);
        return all;
    }
}

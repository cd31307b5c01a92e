package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Adds up where attention went, one query at a time. Follows each slot's token through deletions and new positions. */
final class AttentionSummary {
    private static final int TOP = 5;

    private final SlotValues tokens = new SlotValues(-1);
    private final Map<Integer, Sums> layers = new TreeMap<>();

    /** Sums over steps and heads. */
    private static final class Sums {
        private double[] received = new double[0];
        private double sinks;
        private double recent;
        private double bits;
        private int rows;
    }

    /** Learns which tokens came with a pass. */
    void born(Layer layer) {
        int seen = layer.cache().tokensSeen();
        for (float[] row : tokens.of(layer)) {
            for (int s = row.length - 1; s >= 0 && row[s] < 0; s--) {
                row[s] = seen - (row.length - s);
            }
        }
    }

    /** Adds a pass of one query; received [kvHeads][slots]. */
    void add(Layer layer) {
        int seen = layer.cache().tokensSeen();
        float[][] of = tokens.of(layer);
        Sums sums = layers.computeIfAbsent(layer.index(), i -> new Sums());
        sums.received = Arrays.copyOf(sums.received, Math.max(seen, sums.received.length));
        for (int h = 0; h < layer.received().length; h++) {
            float[] share = layer.received()[h];
            float[] token = of[of.length == 1 ? 0 : h];
            for (int s = 0; s < share.length; s++) {
                int t = (int) token[s];
                sums.received[t] += share[s];
                if (t < MemoryEnhanced.SINKS) {
                    sums.sinks += share[s];
                } else if (t >= seen - MemoryEnhanced.RECENT) {
                    sums.recent += share[s];
                }
                sums.bits -= share[s] > 0 ? share[s] * Math.log(share[s]) / Math.log(2) : 0;
            }
            sums.rows++;
        }
    }

    /** Told what stayed, [1][n] or [kvHeads][n]. */
    void kept(int layer, int[][] kept) {
        tokens.keep(layer, kept);
    }

    /**
     * The means so far, by layer.
     *
     * @param piece text of the token at a position
     */
    List<LayerAttention> layers(IntFunction<String> piece) {
        List<LayerAttention> all = new ArrayList<>();
        layers.forEach((layer, s) -> {
            double total = Arrays.stream(s.received).sum();
            all.add(new LayerAttention(
                    layer,
                    s.sinks / s.rows,
                    s.recent / s.rows,
                    (total - s.sinks - s.recent) / s.rows,
                    s.bits / s.rows,
                    IntStream.range(0, s.received.length)
                            .boxed()
                            .sorted(Comparator.comparingDouble(t -> -s.received[t]))
                            .limit(TOP)
                            .map(t -> new LayerAttention.Top(t, piece.apply(t), s.received[t] / s.rows))
                            .toList()));
        });
        return all;
    }
}

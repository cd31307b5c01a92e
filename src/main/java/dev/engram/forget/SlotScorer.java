package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.Seams;

/**
 * Says how much each slot of the cache is worth; {@link Eviction} keeps the best and does the rest. A scorer with a state
 * serves one cache. Accumulated attention in full:
 *
 * <pre>{@code
 * class Accumulated implements SlotScorer {
 *     SlotValues sum = new SlotValues(0);
 *     public int queries() { return SlotScorer.ALL; }
 *     public void observe(Layer layer) { sum.add(layer, layer.received()); }
 *     public float[][] score(Layer layer) { return sum.of(layer); }
 *     public void kept(int layer, int[][] kept) { sum.keep(layer, kept); }
 * }
 * }</pre>
 */
public interface SlotScorer {
    /** For {@link #queries}: every query of a pass. */
    int ALL = Integer.MAX_VALUE;

    /** How many of a pass's last queries the received attention sums over; 0 when none is needed. */
    default int queries() {
        return 0;
    }

    /** Whether the scorer must see every pass; one that looks only at passes that decide costs nothing in the others. */
    default boolean everyPass() {
        return true;
    }

    /** Whether the score is ln R of a retention R in (0, 1], which a threshold can cut. */
    default boolean logRetention() {
        return false;
    }

    /** Adds what else the scorer needs of a pass; asked once. */
    default Seams equip(Seams seams) {
        return seams;
    }

    /** Sees a layer after a pass, before any decision: update here. */
    default void observe(Layer layer) {}

    /**
     * Worth of each slot, higher is kept; asked only when there is something to decide.
     *
     * @return [1][slots], or [kvHeads][slots] where each head keeps its own
     */
    float[][] score(Layer layer);

    /** Told after a deletion, so that a state per slot follows: ascending slots that stayed, [1][n] or [kvHeads][n]. */
    default void kept(int layer, int[][] kept) {}
}

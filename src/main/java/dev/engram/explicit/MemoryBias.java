package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Seams;
import java.util.Arrays;
import java.util.List;

/** How much the memories that lead a cache count: the logarithm of each one's weight on the attention logits of its slots. */
final class MemoryBias implements Seams.SlotBias, AutoCloseable {
    private final NDManager parent;
    private ExplicitMemory any;
    private float[] leading;
    /** One array serves all layers of a pass: they hold equally many slots. */
    private NDArray now;

    /** Memories that all count alike, until others are {@link #set}. */
    MemoryBias(NDManager parent) {
        this.parent = parent;
    }

    /**
     * Memories that lead the cache from now on.
     *
     * @param constant slots before them
     * @param memories of the same layers
     * @param weights above 0, one for each; where all are 1 nothing is added
     */
    void set(int constant, List<ExplicitMemory> memories, double[] weights) {
        close();
        leading = null;
        if (Arrays.stream(weights).allMatch(w -> w == 1)) {
            return;
        }
        any = memories.get(0);
        leading = MemoryRows.spread(
                constant, memories, Arrays.stream(weights).map(Math::log).toArray());
    }

    /** [1, 1, 1, slots], 0 for the text's own slots; null where a layer holds no memory. */
    @Override
    public NDArray of(int layer, int slots) {
        if (leading == null || any.place(layer) < 0) {
            return null;
        }
        if (now == null || now.getShape().get(3) != slots) {
            close();
            now = parent.create(Arrays.copyOf(leading, slots), new Shape(1, 1, 1, slots));
        }
        return now;
    }

    @Override
    public void close() {
        if (now != null) {
            now.close();
            now = null;
        }
    }
}

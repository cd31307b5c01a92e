package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.LayerNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Low-rank adapters (LoRA, Hu et al. 2021) of a decoder's linears: y = W x + scale · B (A x). They run beside the weights,
 * whatever their number format, and are never rounded.
 */
public final class Adapter implements AutoCloseable {
    /** Entries of one layer: A and B of seven linears, then the scale. */
    static final int STRIDE = 15;

    /**
     * The two factors of one linear.
     *
     * @param a [rank, in] in f32
     * @param b [out, rank] in f32
     */
    public record Pair(NDArray a, NDArray b) {}

    private final NDManager manager;
    private final List<NDArray> flat = new ArrayList<>();
    private IValue pinned;

    /**
     * Takes views of the pairs; the arrays stay the caller's and must outlive the adapter.
     *
     * @param pairs by the linear's name, such as {@code model.layers.0.self_attn.q_proj.weight}; others stay as they are
     * @param scale alpha / rank
     */
    public Adapter(NDManager parent, LmConfig config, Map<String, Pair> pairs, double scale) {
        this.manager = parent.newSubManager();
        NDArray none = Kernel.none(manager);
        NDArray factor = manager.create(new float[] {(float) scale}, new Shape());
        int used = 0;
        for (int i = 0; i < config.layers(); i++) {
            for (String name : new LayerNames(i).linears()) {
                Pair pair = pairs.get(name);
                flat.add(pair == null ? none : pair.a());
                flat.add(pair == null ? none : pair.b());
                used += pair == null ? 0 : 1;
            }
            flat.add(factor);
        }
        if (used != pairs.size()) {
            throw new BadInputException("The adapter names " + pairs.size() + " linears, of which this model has "
                    + used + "; load the adapter with the model it was trained on.");
        }
    }

    /** One layer's factors and the scale. */
    NDList layer(int i) {
        return new NDList(flat.subList(i * STRIDE, (i + 1) * STRIDE));
    }

    IValue pinned() {
        if (pinned == null) {
            pinned = Kernel.pin(flat);
        }
        return pinned;
    }

    @Override
    public void close() {
        if (pinned != null) {
            pinned.close();
        }
        manager.close();
    }
}

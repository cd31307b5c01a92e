package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.engram.model.engine.Kernel;
import java.nio.file.Path;

/**
 * What LMCODE adds to a decoder layer, between its self-attention and its feed-forward part: the short-term memory, then the
 * long-term memory. Both are read before they are written, so that no token sees what its own segment wrote.
 */
public final class MemoryAugmentedLayer {
    private final int layer;
    private final LmcodeConfig config;
    private final ShortTermMemory shortTerm;
    private final LongTermAccess access;
    private LongTermMemory store;

    MemoryAugmentedLayer(
            Kernel kernel, NDManager manager, MemoryParameters parameters, int layer, LmcodeConfig config) {
        this.layer = layer;
        this.config = config;
        this.shortTerm = new ShortTermMemory(kernel, manager, parameters, layer, config.updateRate());
        this.access = new LongTermAccess(kernel, manager, parameters, layer, config);
    }

    /** The model's own long-term store of this layer, which shared states read and write; empty at first. */
    public LongTermMemory longTermMemory() {
        if (store == null) {
            store = newStore(0);
        }
        return store;
    }

    void load(Path folder) {
        store = LongTermMemory.load(folder, config.hiddenSize(), config.replacement(), 31L * layer);
    }

    /** An empty store for one sequence. */
    LongTermMemory newStore(int row) {
        return new LongTermMemory(
                config.longTermMemorySlots(),
                config.hiddenSize(),
                config.replacement(),
                31L * layer + row,
                config.importanceWeight());
    }

    /**
     * Acts on the residual stream.
     *
     * @param x after self-attention, [batch, tokens, h]
     * @param write whether the state takes the tokens in
     */
    NDArray act(NDManager step, NDArray x, MemoryState state, boolean write) {
        NDArray h = x;
        if (state.memories().shortTerm()) {
            NDArray s = state.shortTerm(layer) == null ? shortTerm.start(step, x) : state.shortTerm(layer);
            h = shortTerm.read(step, x, s);
            if (write) {
                NDList next = shortTerm.write(step, x, s);
                state.trace(state.trace().get(layer).withUpdate(next.get(1).toFloatArray()));
                state.shortTerm(layer, next.get(0), JniUtils.isGradMode());
            }
        }
        if (state.memories().longTerm()) {
            NDArray read = access.read(step, h, state);
            if (write) {
                access.write(step, h, state);
            }
            h = read;
        }
        return h;
    }
}

package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What a batch of sequences remembers: per layer a short-term state and, per sequence, a long-term store. Sequences of a batch share
 * nothing, unless the state was made by {@link Lmcode#sharedState}, whose rows all read and write the model's own stores.
 *
 * <p>While a graph is recorded, what was written stays part of it, so that gradients flow from a later segment's reading to an earlier
 * one's writing. {@link #detach} cuts there (the length of back-propagation through time), {@link #reset} forgets everything.
 */
public final class MemoryState implements AutoCloseable {
    private final NDManager manager;
    private final int batch;
    private final Memories memories;
    private final boolean shared;
    private final LongTermMemory[][] stores;
    private final NDArray[] shortTerm;
    private final Written[] written;
    private final List<NDArray> outgrown = new ArrayList<>();
    private final LayerTrace[] trace;

    /**
     * Of sequences that have seen nothing.
     *
     * @param stores [layer][row]
     */
    MemoryState(NDManager parent, int batch, Memories memories, boolean shared, LongTermMemory[][] stores) {
        this.manager = parent.newSubManager();
        this.batch = batch;
        this.memories = memories;
        this.shared = shared;
        this.stores = stores;
        this.shortTerm = new NDArray[stores.length];
        this.written = new Written[stores.length];
        this.trace = new LayerTrace[stores.length];
        for (int i = 0; i < stores.length; i++) {
            written[i] = new Written();
            trace[i] = LayerTrace.none(i);
        }
    }

    public int batch() {
        return batch;
    }

    /** Which memories act on these sequences. */
    public Memories memories() {
        return memories;
    }

    /** The long-term store of a row in a layer. */
    public LongTermMemory longTerm(int layer, int row) {
        return stores[layer][row];
    }

    /** The short-term state [batch, slots, h] of a layer; null before the first segment. It stays this object's. */
    public NDArray shortTerm(int layer) {
        return shortTerm[layer];
    }

    /** What the gates and the retrieval of the last pass did, layer by layer. */
    public List<LayerTrace> trace() {
        return List.of(trace);
    }

    void trace(LayerTrace t) {
        trace[t.layer()] = t;
    }

    Written written(int layer) {
        return written[layer];
    }

    NDManager manager() {
        return manager;
    }

    /** Takes over a new short-term state; without a graph the old one is freed at once. */
    void shortTerm(int layer, NDArray next, boolean recording) {
        next.attach(manager);
        if (shortTerm[layer] != null) {
            outgrown.add(shortTerm[layer]);
        }
        shortTerm[layer] = next;
        if (!recording) {
            free();
        }
    }

    private void free() {
        outgrown.forEach(NDArray::close);
        outgrown.clear();
    }

    /** Keeps what is remembered and forgets how it came about: no gradient flows further back than this. */
    public void detach() {
        for (int i = 0; i < shortTerm.length; i++) {
            written[i] = new Written();
            if (shortTerm[i] != null) {
                NDArray copy = shortTerm[i].duplicate();
                copy.attach(manager);
                outgrown.add(shortTerm[i]);
                shortTerm[i] = copy;
            }
        }
        free();
    }

    /** Merges alike entries of every long-term store, see {@link LongTermMemory#consolidate}; detaches first. Returns what was done, store by store. */
    public List<Consolidation> consolidate(double threshold, Reading reading) {
        detach();
        return Arrays.stream(stores)
                .flatMap(Arrays::stream)
                .filter(Objects::nonNull)
                .distinct()
                .map(s -> s.consolidate(threshold, reading))
                .toList();
    }

    /** Forgets everything. Stores that the model shares stay as they are. */
    public void reset() {
        for (int i = 0; i < shortTerm.length; i++) {
            written[i] = new Written();
            trace[i] = LayerTrace.none(i);
            if (shortTerm[i] != null) {
                outgrown.add(shortTerm[i]);
                shortTerm[i] = null;
            }
        }
        free();
        if (!shared) {
            Arrays.stream(stores)
                    .flatMap(Arrays::stream)
                    .filter(Objects::nonNull)
                    .forEach(LongTermMemory::clear);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}

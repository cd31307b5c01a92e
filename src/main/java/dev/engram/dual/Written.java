package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one layer wrote to its long-term stores since the last detach, as tensors of the graph: a store holds plain numbers, through
 * which no gradient flows.
 */
final class Written {
    private final List<NDArray> keys = new ArrayList<>();
    private final List<NDArray> values = new ArrayList<>();
    /** Row of a slot in all written vectors, laid one below the other. */
    private final Map<LongTermMemory, Map<Integer, Integer>> rows = new IdentityHashMap<>();

    private int size;

    /** Adds what a segment writes, keys and values [batch, n, h]; returns the row of the first vector. */
    int add(NDArray newKeys, NDArray newValues) {
        int first = size;
        keys.add(newKeys);
        values.add(newValues);
        size += (int) (newKeys.getShape().get(0) * newKeys.getShape().get(1));
        return first;
    }

    /** Says that a slot of a store now holds the vector of a row; a negative row, that it holds one of none. */
    void put(LongTermMemory store, int slot, int row) {
        rows.computeIfAbsent(store, s -> new HashMap<>()).put(slot, row);
    }

    /** The row of a slot; −1 where its vector is in the store alone. */
    int row(LongTermMemory store, int slot) {
        return rows.getOrDefault(store, Map.of()).getOrDefault(slot, -1);
    }

    int size() {
        return size;
    }

    List<NDArray> keys() {
        return keys;
    }

    List<NDArray> values() {
        return values;
    }
}

package dev.engram.train;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;

/** All numbers of a run that an update changes: the parameters and AdamW's moments, by the names they are saved under. */
final class State {
    private final AdamW optimiser;
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();

    State(Trainables trainables, AdamW optimiser) {
        this.optimiser = optimiser;
        trainables.parameters().forEach((name, p) -> arrays.put("parameter." + name, p));
        optimiser.first().forEach((name, m) -> arrays.put("exp_avg." + name, m));
        optimiser.second().forEach((name, v) -> arrays.put("exp_avg_sq." + name, v));
    }

    Map<String, NDArray> arrays() {
        return arrays;
    }

    /** Overwrites one array in place. */
    void set(String name, float[] values) {
        optimiser.set(arrays.get(name), values);
    }

    /** Copies of all arrays, which live as long as the optimiser; written over those given, if any. */
    void copyTo(Map<String, NDArray> copies) {
        arrays.forEach((name, array) -> {
            NDArray copy = copies.get(name);
            if (copy == null) {
                copies.put(name, optimiser.copyOf(array));
            } else {
                optimiser.set(copy, array);
            }
        });
    }

    void copyFrom(Map<String, NDArray> copies) {
        copies.forEach((name, copy) -> optimiser.set(arrays.get(name), copy));
    }
}

package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** What learns: named f32 leaves. Everything else of a model stays as it is. */
public interface Trainables extends AutoCloseable {
    /** The owner of the leaves. */
    NDManager manager();

    /** The leaves by name, always in the same order; each requires a gradient. */
    Map<String, NDArray> parameters();

    /** Whether weight decay pulls on a parameter; gains and biases are left alone, as transformers does. */
    default boolean decays(String name) {
        return parameters().get(name).getShape().dimension() > 1;
    }

    /** Called before the loss of a micro-batch: draws its dropout. */
    default void before(int step, int micro) {}

    /** Called after its backward pass: no dropout from here on. */
    default void after() {}

    /** Number of values that learn. */
    default long size() {
        return parameters().values().stream().mapToLong(NDArray::size).sum();
    }

    @Override
    void close();
}

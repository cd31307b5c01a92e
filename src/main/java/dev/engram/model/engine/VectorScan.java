package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Products of many vectors with one query: an exact scan in f32. */
public final class VectorScan implements AutoCloseable {
    private final NDManager manager;
    private final Kernel tools;
    private final NDArray rows;

    /**
     * Copies the vectors into the engine.
     *
     * @param parent owner of the native memory
     * @param vectors row by row
     * @param width numbers of a row
     */
    public VectorScan(NDManager parent, float[] vectors, int width) {
        manager = parent.newSubManager();
        tools = Kernels.tools(manager);
        rows = manager.create(vectors, new Shape(vectors.length / width, width));
    }

    /** The product of every row with a query [width]. */
    public float[] scores(float[] query) {
        try (NDManager step = manager.newSubManager()) {
            NDArray column = step.create(query, new Shape(query.length, 1));
            return tools.one(step, "product", rows, column).toFloatArray();
        }
    }

    @Override
    public void close() {
        tools.close();
        manager.close();
    }
}

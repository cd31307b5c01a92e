package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Products of many vectors with one query. Few vectors are multiplied in f32. Of many, where reading them is what takes the time,
 * an 8-bit copy gives all products to about 1 %, and the best of them are computed exactly; so the order of the best is exact
 * unless more than {@link #EXACT} lie within that error.
 */
public final class VectorScan implements AutoCloseable {
    /** From how many vectors on the 8-bit copy is used. */
    static final int MANY = 16_384;

    /** Products that are computed exactly among many. */
    static final int EXACT = 256;

    private final NDManager manager;
    private final Kernel kernel;
    private final NDArray rows;
    private final NDList packed;

    /**
     * Copies the vectors into the engine.
     *
     * @param parent owner of the native memory
     * @param vectors row by row
     * @param width numbers of a row
     */
    public VectorScan(NDManager parent, float[] vectors, int width) {
        manager = parent.newSubManager();
        kernel = Kernel.open(manager, "/dev/engram/model/scan.py");
        rows = manager.create(vectors, new Shape(vectors.length / width, width));
        packed = vectors.length / width < MANY ? null : kernel.call(manager, "pack", rows);
    }

    /** The product of every row with a query [width]. */
    public float[] scores(float[] query) {
        try (NDManager step = manager.newSubManager()) {
            NDArray q = step.create(query);
            NDArray scores = packed == null
                    ? kernel.one(step, "exact", rows, q)
                    : kernel.one(step, "scan", rows, packed.get(0), packed.get(1), q, EXACT);
            return scores.toFloatArray();
        }
    }

    @Override
    public void close() {
        kernel.close();
        manager.close();
    }
}

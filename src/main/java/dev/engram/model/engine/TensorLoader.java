package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.Q4Blocks;
import dev.engram.model.source.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Turns stored tensors into native ones. Values pass through one staging buffer, so opening a model needs little more
 * memory than the weights it keeps.
 */
final class TensorLoader implements AutoCloseable {
    private static final int STAGING_VALUES = 1 << 18;

    private final Checkpoint checkpoint;
    private final Kernel tools;
    private final NDManager manager;
    private final ByteBuffer staging =
            ByteBuffer.allocateDirect(4 * STAGING_VALUES).order(ByteOrder.nativeOrder());
    private final float[] values = new float[STAGING_VALUES];

    TensorLoader(Checkpoint checkpoint, Kernel tools, NDManager parent) {
        this.checkpoint = checkpoint;
        this.tools = tools;
        this.manager = parent.newSubManager();
    }

    Kernel tools() {
        return tools;
    }

    /** Matrices with equal rows below each other, [sum of rows, columns], in PyTorch's type {@code dtype}. */
    NDArray matrix(NDManager owner, int dtype, List<String> names) {
        int rows = 0;
        int columns = 0;
        for (String name : names) {
            long[] shape = checkpoint.tensor(name).shape();
            rows += Math.toIntExact(shape[0]);
            columns = shape.length > 1 ? Math.toIntExact(shape[1]) : 1;
        }
        NDArray dest = tools.one(owner, "empty", rows, columns, dtype, anchor());
        int at = 0;
        for (String name : names) {
            at = fill(dest, at, checkpoint.tensor(name), columns);
        }
        return dest;
    }

    /** One matrix. */
    NDArray matrix(NDManager owner, int dtype, String name) {
        return matrix(owner, dtype, List.of(name));
    }

    /** A vector made of one or more stored ones. */
    NDArray vector(NDManager owner, int dtype, List<String> names) {
        try (NDArray column = matrix(manager, dtype, names)) {
            NDArray flat = column.flatten();
            flat.attach(owner);
            return flat;
        }
    }

    /** Whether all of these are 4-bit blocks, which the 4-bit kernel takes without a second rounding. */
    boolean fourBit(List<String> names) {
        return names.stream().allMatch(n -> Q4Blocks.holds(checkpoint.tensor(n)));
    }

    /** 4-bit matrices below each other, packed for the 4-bit kernel: matrix and scales. */
    NDList fourBitMatrix(NDManager owner, List<String> names) {
        try (NDManager step = manager.newSubManager()) {
            NDList q = new NDList();
            NDList scale = new NDList();
            NDList minimum = new NDList();
            for (String name : names) {
                Q4Blocks b = Q4Blocks.of(checkpoint.tensor(name));
                Shape groups = new Shape(b.rows(), b.columns() / Q4Blocks.GROUP);
                q.add(step.create(ByteBuffer.wrap(b.q()), new Shape(b.rows(), b.columns()), DataType.UINT8));
                scale.add(step.create(b.scale(), groups));
                minimum.add(step.create(b.minimum(), groups));
            }
            NDArray all =
                    q.size() == 1 ? q.get(0) : q.get(0).getNDArrayInternal().concat(q.subNDList(1), 0);
            return tools.call(owner, "int4_pack", all, below(scale), below(minimum));
        }
    }

    private static NDArray below(NDList parts) {
        return parts.size() == 1
                ? parts.get(0)
                : parts.get(0).getNDArrayInternal().concat(parts.subNDList(1), 0);
    }

    private int fill(NDArray dest, int at, StoredTensor t, int columns) {
        int rows = Math.toIntExact(t.elements() / columns);
        int step = Math.max(1, STAGING_VALUES / columns);
        for (int r = 0; r < rows; r += step) {
            int n = Math.min(step, rows - r);
            Dequantizer.toFloats(t, (long) r * columns, values, 0, n * columns);
            staging.clear();
            staging.asFloatBuffer().put(values, 0, n * columns);
            staging.limit(4 * n * columns);
            try (NDArray part = manager.create(staging, new Shape(n, columns), DataType.FLOAT32);
                    NDArray written = tools.one(manager, "fill", dest, part, at + r)) {
                written.getShape();
            }
        }
        return at + rows;
    }

    private NDArray anchor() {
        return manager.getManagedArrays().isEmpty()
                ? manager.create(new float[0], new Shape(0))
                : manager.getManagedArrays().get(0);
    }

    @Override
    public void close() {
        manager.close();
    }
}

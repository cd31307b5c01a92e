package dev.engram.model.source;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Rows of a tensor as bytes: what a format keeps together, since blocks run along a row. */
final class RawRows {
    private RawRows() {}

    /** Values in a row; a vector is a column of one value per row. */
    static int columns(StoredTensor t) {
        return t.shape().length == 1 ? 1 : Math.toIntExact(t.elements() / t.shape()[0]);
    }

    static int bytesPerRow(StoredTensor t) {
        return Math.toIntExact(t.type().bytes(columns(t)));
    }

    static byte[] of(StoredTensor t, int firstRow, int rows) {
        if (firstRow < 0 || rows < 0 || firstRow > t.shape()[0] - rows) {
            throw new IndexOutOfBoundsException("rows " + firstRow + " + " + rows + " of " + t.shape()[0]);
        }
        int stride = bytesPerRow(t);
        byte[] bytes = new byte[Math.multiplyExact(rows, stride)];
        t.data().duplicate().position(t.data().position() + firstRow * stride).get(bytes);
        return bytes;
    }

    /**
     * Puts the q or k rows of a llama GGUF back into Hugging Face order. The file keeps the two halves of a head interleaved
     * (0, h/2, 1, h/2+1, …), because llama.cpp rotates neighbours; here the rotary pairs are (i, i + h/2). Only whole rows move,
     * so quantised blocks stay as they are.
     *
     * @param t [heads × headDim, in] or [heads × headDim]
     */
    static StoredTensor uninterleave(StoredTensor t, int headDim) {
        int rows = Math.toIntExact(t.shape()[0]);
        int stride = bytesPerRow(t);
        byte[] from = of(t, 0, rows);
        byte[] to = new byte[from.length];
        int half = headDim / 2;
        for (int row = 0; row < rows; row++) {
            int head = row / headDim;
            int inHead = row % headDim;
            int source = head * headDim + 2 * (inHead % half) + inHead / half;
            System.arraycopy(from, source * stride, to, row * stride, stride);
        }
        ByteBuffer data = ByteBuffer.wrap(to).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        return new StoredTensor(t.name(), t.type(), t.shape(), data);
    }
}

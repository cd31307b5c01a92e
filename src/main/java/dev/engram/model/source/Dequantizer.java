package dev.engram.model.source;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Turns stored numbers into floats, exactly as the format defines them: products and sums are single-precision, in the order of
 * the GGML reference. A block format keeps 32 or 256 values per block; see {@link Blocks}.
 */
public final class Dequantizer {
    /** Bytes copied out of the mapped file at once; small enough for the processor's cache. */
    private static final int CHUNK = 16 << 10;

    private Dequantizer() {}

    /**
     * Part of a tensor as floats.
     *
     * @param t any format
     * @param firstElement index of the first value in the flattened tensor
     * @param dst receives the values
     * @param offset where in dst
     * @param count number of values
     */
    public static void toFloats(StoredTensor t, long firstElement, float[] dst, int offset, int count) {
        if (firstElement < 0 || count < 0 || firstElement > t.elements() - count) {
            throw new IndexOutOfBoundsException(
                    "values " + firstElement + " + " + count + " of " + t.name() + " with " + t.elements());
        }
        if (offset < 0 || offset > dst.length - count) {
            throw new IndexOutOfBoundsException("places " + offset + " + " + count + " of " + dst.length);
        }
        int size = t.type().blockSize();
        long first = firstElement;
        int at = offset;
        int left = count;
        if (first % size != 0 && left > 0) {
            int n = (int) Math.min(left, size - first % size);
            partOfBlock(t, first, dst, at, n);
            first += n;
            at += n;
            left -= n;
        }
        int whole = left / size;
        blocks(t, first / size, whole, dst, at);
        int done = whole * size;
        if (left > done) {
            partOfBlock(t, first + done, dst, at + done, left - done);
        }
    }

    /** The whole tensor as floats, flattened in row order. */
    public static float[] toFloats(StoredTensor t) {
        float[] values = new float[Math.toIntExact(t.elements())];
        toFloats(t, 0, values, 0, values.length);
        return values;
    }

    private static void partOfBlock(StoredTensor t, long first, float[] dst, int at, int n) {
        int size = t.type().blockSize();
        float[] block = new float[size];
        blocks(t, first / size, 1, block, 0);
        System.arraycopy(block, (int) (first % size), dst, at, n);
    }

    private static void blocks(StoredTensor t, long firstBlock, int count, float[] dst, int offset) {
        TensorType type = t.type();
        ByteBuffer in = t.data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        in.position(t.data().position() + Math.toIntExact(firstBlock * type.blockBytes()));
        if (type == TensorType.F32) {
            in.asFloatBuffer().get(dst, offset, count);
            return;
        }
        int perChunk = Math.max(1, CHUNK / type.blockBytes());
        byte[] chunk = new byte[Math.min(perChunk, count) * type.blockBytes()];
        for (int done = 0; done < count; ) {
            int n = Math.min(perChunk, count - done);
            in.get(chunk, 0, n * type.blockBytes());
            Blocks.decode(type, chunk, n, dst, offset + done * type.blockSize());
            done += n;
        }
    }
}

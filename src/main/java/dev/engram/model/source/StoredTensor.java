package dev.engram.model.source;

import java.nio.ByteBuffer;

/**
 * A tensor as a file holds it.
 *
 * @param name Hugging Face name
 * @param type number format of the bytes
 * @param shape logical shape, outermost first; [out, in] for a linear layer
 * @param data little-endian, read-only, exactly the tensor's bytes; rows follow each other, blocks run along a row
 */
public record StoredTensor(String name, TensorType type, long[] shape, ByteBuffer data) {

    public long elements() {
        long n = 1;
        for (long d : shape) {
            n *= d;
        }
        return n;
    }
}

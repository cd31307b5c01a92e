package dev.engram.model.source;

/** Number formats of stored tensors: plain ones and the block formats of GGUF. */
public enum TensorType {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    Q4_0(32, 18),
    Q4_1(32, 20),
    Q5_0(32, 22),
    Q5_1(32, 24),
    Q8_0(32, 34),
    Q4_K(256, 144),
    Q5_K(256, 176),
    Q6_K(256, 210);

    private final int blockSize;
    private final int blockBytes;

    TensorType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /** Values in one block. */
    public int blockSize() {
        return blockSize;
    }

    /** Bytes of one block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Bytes of {@code elements} values; elements is a multiple of the block size. */
    public long bytes(long elements) {
        return elements / blockSize * blockBytes;
    }
}

package dev.engram.explicit.cost;

import dev.engram.model.BadInputException;

/**
 * Operations to write a piece of knowledge (one reference) and to read it once, for the three places of the Memory3 paper:
 * weights (implicit memory), explicit memory, and text before the question (RAG). In TFLOP; a multiplication and an addition are
 * two operations, a training token costs three times a read one.
 *
 * <p>The paper counts operations and not the bytes that have to be brought; {@link Device} adds them. Its implicit write assumes
 * that one training step stores the fact; {@code exposures} says how often it is shown.
 *
 * @param referenceTokens l_ref
 * @param chunkTokens l_chunk, tokens between two retrievals
 * @param keptTokens l_mem, tokens of an explicit memory
 * @param trainTokens l_train, tokens of a training sample
 */
public record CostModel(ModelShape shape, int referenceTokens, int chunkTokens, int keptTokens, int trainTokens) {
    private static final double TERA = 1e12;

    /** Where a piece of knowledge is kept. */
    public enum Place {
        IMPLICIT,
        EXPLICIT,
        TEXT
    }

    /**
     * What computes, and how fast memories come to it.
     *
     * @param tflops operations that it really does a second, in 10¹²
     * @param bytesPerSecond of what memories are kept on; infinite for none to bring, as the paper counts
     */
    public record Device(double tflops, double bytesPerSecond) {
        public Device {
            if (!(tflops > 0) || !(bytesPerSecond > 0)) {
                throw new BadInputException("A device of " + tflops + " TFLOP/s and " + bytesPerSecond
                        + " bytes/s is not possible; give positive numbers.");
            }
        }

        /** The paper's: bytes cost nothing. */
        public static Device bytesAreFree() {
            return new Device(1, Double.POSITIVE_INFINITY);
        }

        /** The operations that could be done while these bytes are brought. */
        double tflop(double bytes) {
            return bytes / bytesPerSecond * tflops;
        }
    }

    public CostModel {
        if (referenceTokens < 1 || chunkTokens < 1 || keptTokens < 1 || trainTokens < 1) {
            throw new BadInputException("A reference of " + referenceTokens + " tokens, chunks of " + chunkTokens + ", "
                    + keptTokens + " kept and samples of " + trainTokens + " are not possible; give positive numbers.");
        }
    }

    /** The paper's figures: 128, 64, 8 and 2048 tokens. */
    public static CostModel memory3() {
        return of(ModelShape.memory3());
    }

    /** Another model with the paper's token counts. */
    public static CostModel of(ModelShape shape) {
        return new CostModel(shape, 128, 64, 8, 2048);
    }

    /** Training on the reference once. */
    public double implicitWrite() {
        double r = referenceTokens;
        double layer =
                r * (shape.attentionWeights() + shape.mlpWeights()) + 2 * r * (trainTokens / 2.0) * shape.hidden();
        return 6 * (shape.layers() * layer + r * shape.vocab() * shape.hidden()) / TERA;
    }

    /**
     * Encoding the reference up to the last memory layer, whose feed-forward part is not needed, and choosing tokens from the
     * attention of all to all.
     */
    public double explicitWrite() {
        double r = referenceTokens;
        double m = shape.memoryLayers();
        double attention = m * (r * shape.attentionWeights() + r * r * shape.hidden());
        double choice = m * r * r * shape.hidden();
        return 2 * (attention + (m - 1) * r * shape.mlpWeights() + choice) / TERA;
    }

    /** One memory, read by the tokens of one chunk. */
    public double explicitRead() {
        return 4.0 * shape.memoryLayers() * chunkTokens * keptTokens * shape.hidden() / TERA;
    }

    /** The reference as text before the chunk: encoded anew at every use. */
    public double textRead() {
        double r = referenceTokens;
        double attention =
                shape.layers() * (r * shape.attentionWeights() + 2 * r * (r / 2 + chunkTokens) * shape.hidden());
        return 2 * (attention + (shape.layers() - 1) * r * shape.mlpWeights()) / TERA;
    }

    /** Bytes of one uncompressed memory in two-byte numbers. */
    public double memoryBytes() {
        return new StorageModel(shape, referenceTokens, keptTokens, 2, 1).sparse();
    }

    /** Writing once and reading {@code uses} times, as the paper counts. */
    public double total(Place place, double uses, double exposures) {
        return total(place, uses, exposures, Device.bytesAreFree(), memoryBytes());
    }

    /**
     * Writing once and reading {@code uses} times, with the memory's bytes brought at every use.
     *
     * @param exposures training steps until the weights hold the fact
     * @param bytes of one memory
     */
    public double total(Place place, double uses, double exposures, Device device, double bytes) {
        return switch (place) {
            case IMPLICIT -> exposures * implicitWrite();
            case EXPLICIT -> explicitWrite() + uses * (explicitRead() + device.tflop(bytes));
            case TEXT -> uses * textRead();
        };
    }

    /** n₋: uses from which an explicit memory is cheaper than text, as the paper counts. */
    public double lowerCrossover() {
        return lowerCrossover(Device.bytesAreFree(), memoryBytes());
    }

    /** The same with bytes to bring; infinite where bringing costs more than reading the text. */
    public double lowerCrossover(Device device, double bytes) {
        double saved = textRead() - explicitRead() - device.tflop(bytes);
        return saved <= 0 ? Double.POSITIVE_INFINITY : explicitWrite() / saved;
    }

    /** n₊: uses from which weights are cheaper than an explicit memory, as the paper counts. */
    public double upperCrossover(double exposures) {
        return upperCrossover(exposures, Device.bytesAreFree(), memoryBytes());
    }

    /** The same with bytes to bring. */
    public double upperCrossover(double exposures, Device device, double bytes) {
        return (exposures * implicitWrite() - explicitWrite()) / (explicitRead() + device.tflop(bytes));
    }
}

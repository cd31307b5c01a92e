package dev.engram.explicit.cost;

import dev.engram.model.BadInputException;

/**
 * Bytes of explicit memories, step by step from all keys and values of a reference to compressed codes of a few.
 *
 * <p>Memory3 (seed section 3.3) prints 7.17 PB, 45.9 TB and 4.02 TB. These are binary units, and they follow from
 * {@link #PAPER_REFERENCES}, not from the 1.1·10⁸ that the paper prints.
 *
 * @param referenceTokens tokens of a reference
 * @param keptTokens tokens kept for each key/value head
 * @param numberBytes bytes of an uncompressed number
 * @param codeBytes bytes of a compressed vector of d_h numbers
 */
public record StorageModel(ModelShape shape, int referenceTokens, int keptTokens, int numberBytes, int codeBytes) {
    /** Number of references that gives the paper's totals; 14.3·10⁹ reference tokens / 128 are 1.117·10⁸. */
    public static final double PAPER_REFERENCES = 1.12e8;

    /** The number as the paper prints it. */
    public static final double PRINTED_REFERENCES = 1.1e8;

    /** Bytes of a binary kilobyte, as KiB, MiB, TiB and PiB count them. */
    public static final double KIB = 1024;

    public static final double MIB = KIB * KIB;
    public static final double TIB = MIB * MIB;
    public static final double PIB = TIB * KIB;

    public StorageModel {
        if (referenceTokens < 1 || keptTokens < 1 || keptTokens > referenceTokens || numberBytes < 1 || codeBytes < 1) {
            throw new BadInputException(keptTokens + " of " + referenceTokens + " tokens in " + numberBytes
                    + " bytes a number or " + codeBytes
                    + " a code is not possible; keep 1 to all tokens and give positive bytes.");
        }
    }

    /** References of 128 tokens, 8 kept, bf16, and codes of 108 bits. */
    public static StorageModel memory3() {
        return new StorageModel(ModelShape.memory3(), 128, 8, 2, 14);
    }

    /** Bytes of a reference with all layers, one key and value for every query head, all tokens. */
    public double dense() {
        return 2.0 * shape.layers() * shape.heads() * referenceTokens * shape.headDim() * numberBytes;
    }

    /** The same in the memory layers only. */
    public double memoryLayersOnly() {
        return dense() * shape.memoryLayers() / shape.layers();
    }

    /** The same with query heads that share keys and values. */
    public double sharedHeads() {
        return memoryLayersOnly() * shape.kvHeads() / shape.heads();
    }

    /** The same with the kept tokens only: an explicit memory. */
    public double sparse() {
        return sharedHeads() * keptTokens / referenceTokens;
    }

    /** The same with a code in place of every vector. */
    public double compressed() {
        return sparse() / vectorRatio();
    }

    /** How many times smaller an explicit memory is than all keys and values: layers × heads × tokens. */
    public double sparseRatio() {
        return dense() / sparse();
    }

    /** How many times smaller a code is than its vector. */
    public double vectorRatio() {
        return (double) shape.headDim() * numberBytes / codeBytes;
    }

    /** Both together. */
    public double totalRatio() {
        return dense() / compressed();
    }
}

package dev.engram.explicit.pretrain;

import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.BadInputException;

/**
 * How a training text reads references (paper, section 3.5). The paper's own: 2048 tokens in 32 chunks of 64, each with one reference of
 * at most 128 tokens and those of the 4 chunks before.
 *
 * @param chunk tokens of the text that share a retrieval
 * @param chunks of a text
 * @param reference most tokens of a reference
 * @param shared how many chunks' references a chunk sees, its own included
 * @param kept tokens of a reference that each key/value head keeps, {@link WriteConfig#ALL_TOKENS} for all
 * @param layers which layers write and read
 */
public record MemoryShape(int chunk, int chunks, int reference, int shared, int kept, LayerChoice layers) {
    public MemoryShape {
        if (chunk < 1 || chunks < 1 || reference < 1 || shared < 1 || kept < 0) {
            throw new BadInputException("The memories have chunk " + chunk + ", chunks " + chunks + ", reference "
                    + reference + ", shared " + shared + " and kept " + kept
                    + "; all must be positive (kept may be 0 for all tokens).");
        }
    }

    /** The paper's: 32 chunks of 64, references of at most 128, 5 chunks share, 8 tokens, first half. */
    public static MemoryShape paper() {
        return new MemoryShape(64, 32, 128, 5, 8, LayerChoice.FIRST_HALF);
    }

    /** A quarter of the paper's chunk and reference, and an eighth of its chunks, so that a text is short enough for a tiny model. */
    public static MemoryShape tiny() {
        return new MemoryShape(16, 4, 32, 5, 8, LayerChoice.FIRST_HALF);
    }

    public MemoryShape withLayers(LayerChoice choice) {
        return new MemoryShape(chunk, chunks, reference, shared, kept, choice);
    }

    public MemoryShape withKept(int tokens) {
        return new MemoryShape(chunk, chunks, reference, shared, tokens, layers);
    }

    /** Tokens of a text. */
    public int tokens() {
        return chunk * chunks;
    }

    /** Position of a text's first token: behind the longest reference and the token before it. */
    public int contextPosition() {
        return 1 + reference;
    }

    /** Whether a chunk's tokens see the reference that another chunk retrieved. */
    public boolean sees(int ofChunk, int retrievedBy) {
        return retrievedBy <= ofChunk && ofChunk - retrievedBy < shared;
    }
}

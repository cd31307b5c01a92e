package dev.engram.model;

import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.Formats;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.text.Tokenizer;

/** What {@code auto} means for a checkpoint. */
final class AutoFormat {
    private AutoFormat() {}

    static DType choose(Checkpoint checkpoint, Tokenizer tokenizer) {
        if (Formats.storedInFourBits(checkpoint)) {
            return DType.INT4;
        }
        return DType.BF16;
    }
}

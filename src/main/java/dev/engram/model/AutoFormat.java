package dev.engram.model;

import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.Formats;
import dev.engram.model.source.Checkpoint;

/**
 * What {@code auto} means for a checkpoint: the fastest format whose perplexity stays within 0.2 % of the file's own weights.
 *
 * <p>Layers stored in 4-bit blocks stay in their 4 bits, which the kernel takes without a second quantisation. Anything else is
 * read as bf16: quantising it anew to 8 or 4 bits is faster, but its loss depends on the model (8 bits cost the default model
 * 0.24 %). That holds for Q8_0 files too: their blocks of 32 have a scale each, the 8-bit kernel has one a row, so it cannot
 * take them as they are. On the default model re-exported as Q8_0, all matrices, it costs 0.54 % against the file's own values
 * (perplexity 31.42 instead of 31.25 on three texts of data/prose, 1,500 tokens each), bf16 0.10 %.
 * The same measurement gives 8 bits 0.17 % on the default model's own file: one rounding may fall better than another.
 *
 * <p>{@code bench formats} measures all of them on any model; results/bench-formats holds the default model's figures, and a test
 * repeats the comparison.
 */
final class AutoFormat {
    private AutoFormat() {}

    static DType choose(Checkpoint checkpoint) {
        return Formats.storedInFourBits(checkpoint) ? DType.INT4 : DType.BF16;
    }
}

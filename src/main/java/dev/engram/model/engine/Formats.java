package dev.engram.model.engine;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.Q4Blocks;

/** From the number format that was asked for to the copies of the weights that are held. */
public final class Formats {
    private Formats() {}

    /** Opens a checkpoint's weights in a format; AUTO must have been decided before. */
    public static Backend open(NDManager manager, Checkpoint checkpoint, DType dtype) {
        LmConfig config = checkpoint.config();
        KernelChoice choice = new KernelChoice(manager, config);
        return switch (dtype) {
            case F32 -> plain(manager, checkpoint, "f32", false, choice);
            case BF16 -> plain(manager, checkpoint, "bf16", true, choice);
            case INT8 -> quantised(manager, checkpoint, "int8", LinearFormat.INT8, choice);
            case INT4 -> quantised(manager, checkpoint, "int4", LinearFormat.INT4, choice);
            case AUTO -> throw new IllegalArgumentException("decide what auto is first");
        };
    }

    private static Backend plain(
            NDManager manager, Checkpoint checkpoint, String name, boolean bf16, KernelChoice choice) {
        LinearFormat best = choice.forDecoding(bf16);
        return new Backend(manager, checkpoint.config(), checkpoint, new WeightFormat(name, bf16, best, best), null);
    }

    private static Backend quantised(
            NDManager manager, Checkpoint checkpoint, String name, LinearFormat body, KernelChoice choice) {
        LmConfig c = checkpoint.config();
        if (c.hidden() % 32 != 0 || c.intermediate() % 32 != 0 || c.heads() * c.headDim() % 32 != 0) {
            throw new BadInputException(
                    "--dtype " + name + " needs layer widths that are multiples of 32, but this model has " + c.hidden()
                            + " and " + c.intermediate() + "; use --dtype bf16.");
        }
        WeightFormat decode = new WeightFormat(name, true, body, LinearFormat.INT8);
        return new Backend(manager, c, checkpoint, decode, choice.forPrompts());
    }

    /** Whether the layers are stored in 4-bit blocks that the 4-bit kernel takes as they are. */
    public static boolean storedInFourBits(Checkpoint checkpoint) {
        return new LayerNames(0).linears().stream().allMatch(n -> Q4Blocks.holds(checkpoint.tensor(n)));
    }
}

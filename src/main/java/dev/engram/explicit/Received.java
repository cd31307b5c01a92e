package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.Torch;

/**
 * Attention that the tokens of a reference receive from one another without mask and rotation, in as few passes over the weights as
 * can be: they are 600 numbers a token and layer, and reading them costs more than computing them.
 */
final class Received {
    private Received() {}

    /** Opened when first needed, for the whole process. */
    private static final class Engine {
        static final NDManager MANAGER = Torch.manager(DeviceChoice.AUTO);
        static final Kernel KERNEL = Kernel.open(MANAGER, "/dev/engram/explicit/received.py");
    }

    /** [batch, kvHeads, tokens], owned by the keys' manager. */
    static NDArray of(TokenSelector.LayerView view) {
        return Engine.KERNEL.one(view.k().getManager(), "received", view.q(), view.k(), view.text());
    }
}

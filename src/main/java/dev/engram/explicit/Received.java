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

    /** Every query gives 1 in all; [batch, kvHeads, tokens], owned by the keys' manager. */
    static NDArray normalised(TokenSelector.LayerView view) {
        return sum(view, 1);
    }

    /** Exponentials, up to one factor a head; [batch, kvHeads, tokens], owned by the keys' manager. */
    static NDArray unnormalised(TokenSelector.LayerView view) {
        return sum(view, 0);
    }

    private static NDArray sum(TokenSelector.LayerView view, int normalised) {
        NDManager owner = view.k().getManager();
        return Engine.KERNEL.one(owner, "received", view.q(), view.k(), view.text(), normalised);
    }
}

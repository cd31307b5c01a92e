package dev.engram.train;

import dev.engram.model.BadInputException;
import dev.engram.model.TrainableDecoder;

/** The last {@code k} layers and the final norm; embedding, head and the layers below stay as they are. */
public final class LastLayers extends FullTraining {
    public LastLayers(TrainableDecoder decoder, int k) {
        super(decoder, name -> isAmong(name, first(decoder, k)));
    }

    private static int first(TrainableDecoder decoder, int k) {
        int layers = decoder.config().layers();
        if (k < 1 || k > layers) {
            throw new BadInputException("The last " + k + " layers are to learn, but the model has " + layers
                    + "; give 1 to " + layers + ".");
        }
        return layers - k;
    }

    private static boolean isAmong(String name, int first) {
        if (name.startsWith("model.layers.")) {
            return Integer.parseInt(name.split("\\.")[2]) >= first;
        }
        return name.equals(dev.engram.model.engine.LayerNames.FINAL_NORM);
    }
}

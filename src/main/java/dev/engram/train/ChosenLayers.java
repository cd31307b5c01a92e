package dev.engram.train;

import dev.engram.model.BadInputException;
import dev.engram.model.TrainableDecoder;

/** Some neighbouring layers and nothing else: to ask which depth learns what. {@link LastLayers} adds the final norm. */
public final class ChosenLayers extends FullTraining {
    /**
     * Marks the layers.
     *
     * @param first from 0
     * @param count how many
     */
    public ChosenLayers(TrainableDecoder decoder, int first, int count) {
        super(decoder, name -> isAmong(name, first, first + count));
        int layers = decoder.config().layers();
        if (first < 0 || count < 1 || first + count > layers) {
            close();
            throw new BadInputException(
                    count + " layers from layer " + first + " on are to learn, but the model has the" + " layers 0 to "
                            + (layers - 1) + "; choose among these.");
        }
    }

    private static boolean isAmong(String name, int from, int to) {
        if (!name.startsWith("model.layers.")) {
            return false;
        }
        int layer = Integer.parseInt(name.split("\\.")[2]);
        return from <= layer && layer < to;
    }
}

package dev.engram.tiers;

import dev.engram.model.TrainableDecoder;
import dev.engram.train.ChosenLayers;
import dev.engram.train.FullTraining;
import dev.engram.train.LastLayers;
import dev.engram.train.Trainables;
import java.util.Locale;

/**
 * Which layers learn.
 *
 * @param place where they lie
 * @param k how many; 0 for every parameter of the model, embedding included
 */
public record Depth(Place place, int k) {
    /** Where the layers lie. */
    public enum Place {
        FIRST,
        MIDDLE,
        /** With the final norm, as the seed means it. */
        LAST
    }

    /** Ordinary full fine-tuning. */
    public static Depth everything() {
        return new Depth(Place.LAST, 0);
    }

    public static Depth last(int k) {
        return new Depth(Place.LAST, k);
    }

    /** As it stands in tables. */
    public String key() {
        return k == 0 ? "all" : place.name().toLowerCase(Locale.ROOT) + " " + k;
    }

    /** Marks the parameters; close it before the decoder. */
    public Trainables open(TrainableDecoder decoder) {
        int layers = decoder.config().layers();
        if (k == 0) {
            return new FullTraining(decoder);
        }
        return switch (place) {
            case FIRST -> new ChosenLayers(decoder, 0, k);
            case MIDDLE -> new ChosenLayers(decoder, (layers - k) / 2, k);
            case LAST -> new LastLayers(decoder, k);
        };
    }
}

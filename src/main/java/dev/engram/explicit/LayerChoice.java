package dev.engram.explicit;

import dev.engram.model.BadInputException;
import java.util.Locale;
import java.util.stream.IntStream;

/** Which layers write and read memories. */
public enum LayerChoice {
    /** The first half: the paper's preset. */
    FIRST_HALF,
    /** From a quarter to three quarters of the depth: what the paper itself calls the more sensible choice. */
    MIDDLE,
    /** The last half: the default for a model that was not trained with memories. */
    LAST_HALF,
    ALL;

    /** The choice with this name, in small letters. */
    public static LayerChoice named(String name) {
        for (LayerChoice choice : values()) {
            if (choice.key().equals(name)) {
                return choice;
            }
        }
        throw new BadInputException(
                "The memory layers are '" + name + "'; they must be first_half, middle, last_half or all.");
    }

    /** Its name in tables and options. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Numbers of the chosen layers, ascending. */
    public int[] of(int layers) {
        int half = layers / 2;
        int quarter = layers / 4;
        return switch (this) {
            case FIRST_HALF -> IntStream.range(0, half).toArray();
            case MIDDLE -> IntStream.range(quarter, quarter + half).toArray();
            case LAST_HALF -> IntStream.range(layers - half, layers).toArray();
            case ALL -> IntStream.range(0, layers).toArray();
        };
    }
}

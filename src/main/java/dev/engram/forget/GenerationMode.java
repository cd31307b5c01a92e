package dev.engram.forget;

import dev.engram.model.BadInputException;
import java.util.Locale;

/** The two modes of seed 000. */
public enum GenerationMode {
    /** Ordinary generation with the full cache: the control. */
    BASELINE,
    /** A policy forgets slots of the cache, layer by layer. */
    MEMORY_ENHANCED;

    /** The name as in the seed: {@code baseline} or {@code memory_enhanced}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of that name; another name gives a {@link BadInputException}. */
    public static GenerationMode of(String key) {
        for (GenerationMode mode : values()) {
            if (mode.key().equals(key)) {
                return mode;
            }
        }
        throw new BadInputException("--mode is '" + key + "'; it must be baseline or memory_enhanced.");
    }
}

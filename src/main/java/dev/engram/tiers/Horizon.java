package dev.engram.tiers;

import java.util.Locale;

/** How long something a user says matters. */
public enum Horizon {
    /** Not at all: nothing is stored. */
    NONE,
    /** For a day or two. */
    SHORT,
    /** For weeks. */
    MID,
    /** For years. */
    LONG;

    /** The horizon that the world's files call short, mid or long. */
    public static Horizon of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** As it stands in tables. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}

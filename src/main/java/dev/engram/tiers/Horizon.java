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

    /** Days that a memory of this importance matters: 2 up to that of SHORT, 45 up to that of MID, then for ever. */
    public static double days(double importance) {
        return importance <= SHORT.importance() ? 2 : importance <= MID.importance() ? 45 : Double.POSITIVE_INFINITY;
    }

    /** The importance that a horizon stands for. */
    public double importance() {
        return switch (this) {
            case NONE -> 0;
            case SHORT -> 0.1;
            case MID -> 0.5;
            case LONG -> 1;
        };
    }

    /** As it stands in tables. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}

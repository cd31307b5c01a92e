package dev.engram.compare;

import java.util.Locale;

/** What an arm's memory holds while it is asked. */
public enum Condition {
    /** The facts. */
    WITH,
    /** Nothing, with the same weights where the memory lies outside them. */
    WITHOUT,
    /** Other facts in place of those that are asked for. */
    SHUFFLED,
    /** Every fact's later value. */
    UPDATED;

    /** As it stands in the rows. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}

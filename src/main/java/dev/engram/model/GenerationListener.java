package dev.engram.model;

/** Follows a generation while it runs. */
public interface GenerationListener {
    GenerationListener SILENT = new GenerationListener() {};

    /** New text; whole characters only, and nothing that may yet turn out to be a stop string. */
    default void text(String piece) {}

    /** A token was chosen. */
    default void token(int id) {}

    /** Asked between tokens. */
    default boolean cancelled() {
        return false;
    }
}

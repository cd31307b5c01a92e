package dev.engram.cli;

import dev.engram.model.GenerationListener;

/** Shows a text while it is generated, and stops it on Ctrl-C or when nobody reads any more. */
final class GenerationOutput implements GenerationListener {
    private final Streams streams;
    private final boolean show;
    private boolean interrupted;

    /**
     * Starts to follow a generation.
     *
     * @param show whether the text goes to standard output
     */
    GenerationOutput(Streams streams, boolean show) {
        this.streams = streams;
        this.show = show;
    }

    @Override
    public void text(String piece) {
        if (show) {
            streams.stream(piece);
        }
    }

    @Override
    public void token(int id) {
        streams.interrupt().heed(); // before the first token there is nothing to end cleanly
    }

    @Override
    public boolean cancelled() {
        return streams.stopped();
    }

    /** Ends the line. */
    void end() {
        interrupted = streams.interrupt().release();
        if (show) {
            streams.stream(System.lineSeparator());
        }
    }

    /** Whether Ctrl-C ended it. */
    boolean interrupted() {
        return interrupted;
    }
}

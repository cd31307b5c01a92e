package dev.engram.report;

import java.util.Optional;

/**
 * The output area of a notebook cell, as far as progress needs it. The kernel's extension attaches one; outside a notebook
 * there is none. Keeps every other class free of the kernel's own classes.
 */
public interface CellOutput {
    /** Shows a new output; both arguments say the same, as plain text and as HTML. Returns a handle for {@link #update}. */
    String show(String text, String html);

    /** Replaces an output shown before. */
    void update(String handle, String text, String html);

    /** Whether a cell is being executed now, so that an output has a place to go. */
    boolean isReady();

    /** Makes the notebook's output area known; called once by the kernel's extension. */
    static void attach(CellOutput output) {
        Attached.output = output;
    }

    /** The output area of the cell being executed, if this is a notebook. */
    static Optional<CellOutput> current() {
        CellOutput output = Attached.output;
        return output != null && output.isReady() ? Optional.of(output) : Optional.empty();
    }

    /** Holds the one output area of this process. */
    final class Attached {
        private static volatile CellOutput output;

        private Attached() {}
    }
}

package dev.engram.train;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.Map;

/** The state that a rollback returns to: on disk where the run has a folder, else a copy in memory. */
final class LastGood {
    private final State state;
    private final Checkpoints files;
    private final Map<String, NDArray> copies = new LinkedHashMap<>();
    private Checkpoints.Position position;

    /**
     * Nothing is saved yet.
     *
     * @param files null for memory
     */
    LastGood(State state, Checkpoints files) {
        this.state = state;
        this.files = files;
    }

    void save(Checkpoints.Position at, History history) {
        if (files != null) {
            files.save(state, at, history);
        } else {
            state.copyTo(copies);
        }
        position = at;
    }

    /** Writes the state back and takes later steps out of the history; null where nothing was ever saved. */
    Checkpoints.Position restore(History history) {
        if (files != null) {
            return files.restore(state, history);
        }
        if (position != null) {
            state.copyFrom(copies);
            history.cut(position.step());
        }
        return position;
    }
}

package dev.engram.compare;

import dev.engram.retrieve.Hit;
import java.util.List;

/** Which texts stand before a question. */
@FunctionalInterface
public interface Finder extends AutoCloseable {
    /**
     * What was found.
     *
     * @param declined whether nothing is like the question enough
     */
    record Found(List<Hit> texts, boolean declined) {}

    Found find(Probe probe);

    @Override
    default void close() {}

    /** The same, with a store that is closed with it. */
    static Finder owning(AutoCloseable store, Finder finder) {
        return new Finder() {
            @Override
            public Found find(Probe probe) {
                return finder.find(probe);
            }

            @Override
            public void close() {
                try {
                    store.close();
                } catch (Exception e) {
                    throw new IllegalStateException("the store cannot be closed", e);
                }
            }
        };
    }

    /** None at all. */
    static Finder none() {
        return probe -> new Found(List.of(), false);
    }
}

package dev.engram.compare;

import dev.engram.retrieve.Hit;
import java.util.List;

/** Which texts stand before a question. */
@FunctionalInterface
public interface Lookup extends AutoCloseable {
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
    static Lookup owning(AutoCloseable store, Lookup lookup) {
        return new Lookup() {
            @Override
            public Found find(Probe probe) {
                return lookup.find(probe);
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
    static Lookup none() {
        return probe -> new Found(List.of(), false);
    }
}

package dev.engram.explicit;

import java.util.List;

/** Which references a piece of text calls for: ids of a bank, the best first. */
@FunctionalInterface
public interface Retrieval {
    List<String> retrieve(String query);

    /** The same with how much each is to count; all alike unless a retrieval knows better. */
    default List<Found> weighted(String query) {
        return retrieve(query).stream().map(id -> new Found(id, 1)).toList();
    }

    /** Always the same references. */
    static Retrieval fixed(List<String> ids) {
        List<String> all = List.copyOf(ids);
        return query -> all;
    }

    /**
     * A reference that is to be read.
     *
     * @param weight factor of the attention that its rows receive before the softmax is normalised; 1 reads it as it stands
     */
    record Found(String id, double weight) {}
}

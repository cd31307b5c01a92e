package dev.engram.retrieve;

import java.util.List;

/** Finds texts for a query. Retrievers wrap each other: {@link CoarseToFine}, {@link LeakFilter}, {@link UsageCounts}. */
public interface Retriever {
    /** At most k texts, best first. */
    List<Hit> retrieve(String query, int k);
}

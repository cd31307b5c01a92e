package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A store with a cap, where the memory that was retrieved least often goes first (seed 003, section 6.3, "dynamic memory
 * manager"). Among equals the oldest goes. Counts live as long as this object; not safe for several threads.
 *
 * <p>Known weakness, the seed's too: whatever is new has been used least, so in a full store newcomers push each other out while old
 * favourites stay for ever.
 */
public final class UsageCounts implements Retriever {
    private record Use(String id, long count, long added) {}

    private static final Comparator<Use> LEAST_USED =
            Comparator.comparingLong(Use::count).thenComparingLong(Use::added);

    private final EmbeddingRetriever memories;
    private final int capacity;
    private final Map<String, Use> uses = new HashMap<>();
    private final TreeSet<Use> order = new TreeSet<>(LEAST_USED);
    private long clock;

    /**
     * Counts the uses of what is added from now on.
     *
     * @param memories with an empty store
     * @param capacity most memories
     */
    public UsageCounts(EmbeddingRetriever memories, int capacity) {
        if (capacity < 1) {
            throw new BadInputException("The capacity is " + capacity + "; give at least 1.");
        }
        this.memories = memories;
        this.capacity = capacity;
    }

    /** Adds a memory, or changes one with the same id, whose count stays; returns the id of the one that had to go. */
    public Optional<String> add(String id, String text) {
        Optional<String> gone = Optional.empty();
        if (!uses.containsKey(id)) {
            gone = uses.size() < capacity ? gone : evictLeastUsed();
            put(new Use(id, 0, clock++));
        }
        memories.add(id, text);
        return gone;
    }

    /** Counts one use. */
    public void use(String id) {
        Use before = uses.get(id);
        if (before == null) {
            throw new BadInputException("There is no memory with the id '" + id + "'; add it first.");
        }
        order.remove(before);
        put(new Use(id, before.count + 1, before.added));
    }

    /** How often a memory was used. */
    public long count(String id) {
        return uses.containsKey(id) ? uses.get(id).count : 0;
    }

    public int size() {
        return uses.size();
    }

    /** Removes the least used memory and returns its id. */
    public Optional<String> evictLeastUsed() {
        Use least = order.pollFirst();
        if (least == null) {
            return Optional.empty();
        }
        uses.remove(least.id);
        memories.remove(least.id);
        return Optional.of(least.id);
    }

    /** Retrieves, and counts a use of everything that is returned. */
    @Override
    public List<Hit> retrieve(String query, int k) {
        List<Hit> hits = memories.retrieve(query, k);
        hits.forEach(h -> use(h.id()));
        return hits;
    }

    private void put(Use use) {
        uses.put(use.id, use);
        order.add(use);
    }
}

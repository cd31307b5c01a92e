package dev.engram.compare;

import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The texts of a store under a condition. A shuffled library is searched by the right texts and shows each fact another's, as a store
 * would whose keys and contents have been mixed up.
 */
public final class Library {
    /** One text: what it is found by, what is shown, and when it was told. */
    record Entry(String id, String key, String shown, int day) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private Library() {}

    /** The store of a subject, one text a fact; an update takes the place of the text before it. */
    public static Library of(Subject subject, Condition condition) {
        Library library = new Library();
        if (condition == Condition.WITHOUT) {
            return library;
        }
        Set<String> asked = new HashSet<>(subject.facts().stream().map(Fact::id).toList());
        List<Fact> store = subject.store();
        for (int i = 0; i < store.size(); i++) {
            Fact fact = store.get(i);
            boolean changed = condition == Condition.UPDATED && asked.contains(fact.id());
            String key = changed ? fact.updatedStatement() : fact.statement();
            String shown = condition == Condition.SHUFFLED
                    ? store.get((i + 1) % store.size()).statement()
                    : key;
            library.entries.put(fact.id(), new Entry(fact.id(), key, shown, fact.index()));
        }
        return library;
    }

    List<Entry> entries() {
        return new ArrayList<>(entries.values());
    }

    /** What stands before a question, with the number of its entry where the order matters; null for an id that is not there. */
    String text(String id, boolean dated) {
        Entry e = entries.get(id);
        return e == null ? null : dated ? "Entry " + e.day + ": " + e.shown : e.shown;
    }
}

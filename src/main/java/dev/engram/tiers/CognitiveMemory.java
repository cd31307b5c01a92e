package dev.engram.tiers;

import dev.engram.model.BadInputException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The memory of seven items of seed 003, section 7.4: what is perceived goes to the short term; when there are more than seven items
 * (Miller 1956), those above a threshold of importance go to the long term under their key, and the short term is emptied. A cue
 * recalls from the long term.
 *
 * <p>As published, what was perceived just now cannot be recalled until the eighth item comes; {@code searchShortTerm} repairs it.
 *
 * @param <T> what is remembered
 */
public final class CognitiveMemory<T> {
    /** Miller's number. */
    public static final int SEVEN = 7;

    private final double threshold;
    private final boolean searchShortTerm;
    private final Deque<Item<T>> shortTerm = new ArrayDeque<>();
    private final Map<String, Item<T>> longTerm = new LinkedHashMap<>();
    private Item<T> working;

    /**
     * Something perceived.
     *
     * @param key its cue
     * @param importance 0 to 1
     */
    public record Item<T>(String key, T value, double importance) {}

    /**
     * Starts empty.
     *
     * @param threshold of importance, above which an item is kept
     * @param searchShortTerm whether a cue also finds what has not been consolidated; false as published
     */
    public CognitiveMemory(double threshold, boolean searchShortTerm) {
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new BadInputException("The threshold of importance is " + threshold + "; give 0 to 1.");
        }
        this.threshold = threshold;
        this.searchShortTerm = searchShortTerm;
    }

    /** Takes an item in; the eighth consolidates all. */
    public void perceive(Item<T> item) {
        shortTerm.addLast(item);
        if (shortTerm.size() > SEVEN) {
            consolidate();
        }
    }

    private void consolidate() {
        shortTerm.stream().filter(i -> i.importance > threshold).forEach(i -> longTerm.put(i.key, i));
        shortTerm.clear();
    }

    /** What the cue brings to mind; it stays in working memory until the next recall. */
    public Optional<Item<T>> recall(String cue) {
        working = longTerm.get(cue);
        if (searchShortTerm) {
            shortTerm.stream().filter(i -> i.key.equals(cue)).forEach(i -> working = i); // the last one said
        }
        return Optional.ofNullable(working);
    }

    /** What was recalled last, if anything. */
    public Optional<Item<T>> working() {
        return Optional.ofNullable(working);
    }

    public int shortTermSize() {
        return shortTerm.size();
    }

    public int longTermSize() {
        return longTerm.size();
    }
}

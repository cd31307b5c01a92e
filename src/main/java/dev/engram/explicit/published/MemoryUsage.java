package dev.engram.explicit.published;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The two rates of the blog (seed 003, section 5.3): of the different words of an answer, the share that also stands in the
 * memories ("usage") and the share that does not ("hallucination"). By definition they sum to 1, so that a plot of one against the
 * other is a straight line with correlation −1 for every model and every answer, and says nothing.
 *
 * <p>Differs from the blog in {@link #of}, which takes the tokens of any tokeniser: splitting at blanks makes one word of a
 * whole Chinese sentence.
 *
 * @param usage share of the answer's different tokens that stand in a memory
 * @param novel share that stands in none
 */
public record MemoryUsage(double usage, double novel) {

    /** Rates of an answer's tokens against those of all memories read. */
    public static <T> MemoryUsage of(Collection<T> answer, Collection<? extends Collection<T>> memories) {
        Set<T> own = new HashSet<>(answer);
        if (own.isEmpty()) {
            throw new BadInputException("The answer has no tokens, so that no share of them exists; leave it out.");
        }
        Set<T> used = new HashSet<>(own);
        Set<T> all = new HashSet<>();
        memories.forEach(all::addAll);
        used.retainAll(all);
        own.removeAll(all);
        double tokens = used.size() + own.size();
        return new MemoryUsage(used.size() / tokens, own.size() / tokens);
    }

    /** As the blog counts: words between blanks. */
    public static MemoryUsage ofWords(String answer, List<String> memories) {
        return of(words(answer), memories.stream().map(MemoryUsage::words).toList());
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.strip().split("\\s+"))
                .filter(w -> !w.isEmpty())
                .toList();
    }
}

package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Rejects references that hold the very text they would help with (Memory3, arXiv 2407.01178; seed 003, section 4.4). The overlap of
 * a text t with a reference r is {@code LCS(t, r) / |r|}, where the words of a common subsequence must stand within
 * {@code |i_N − i_1| ≤ 2|r|} of each other in t, so that a long text does not contain every reference by chance.
 *
 * <p>The seed's code divides by the shorter of the two and has no window; a short question inside a long reference then counts
 * as a leak, which the paper's rule allows.
 *
 * @param limit references with a larger overlap are rejected
 */
public record LeakFilter(double limit) {
    public LeakFilter {
        if (!(limit >= 0 && limit <= 1)) {
            throw new BadInputException("The limit of the overlap is " + limit + "; give one from 0 to 1.");
        }
    }

    /** The paper's limit in training, 0.9. */
    public static LeakFilter training() {
        return new LeakFilter(0.9);
    }

    /** The paper's limit in evaluation, 2/3. */
    public static LeakFilter evaluation() {
        return new LeakFilter(2.0 / 3);
    }

    /** Whether the reference gives the text away. */
    public boolean leaks(String text, String reference) {
        return overlap(text, reference) > limit;
    }

    /** Only those hits that do not give the text away, in their order. */
    public List<Hit> keep(String text, List<Hit> hits) {
        return hits.stream().filter(h -> !leaks(text, h.text())).toList();
    }

    /** A retriever that asks for twice as many and drops those that give the query away; there may be fewer than k left. */
    public Retriever over(Retriever inner) {
        return (query, k) -> keep(query, inner.retrieve(query, Math.multiplyExact(k, 2))).stream()
                .limit(k)
                .toList();
    }

    /** The overlap in words; in a script without spaces, such as Chinese, in characters. */
    public static double overlap(String text, String reference) {
        return overlap(words(text), words(reference));
    }

    /** The overlap of a text's tokens with a reference's, 0 to 1; 0 for an empty reference. */
    public static double overlap(int[] text, int[] reference) {
        if (reference.length == 0) {
            return 0;
        }
        Set<Integer> known = new HashSet<>();
        Arrays.stream(reference).forEach(known::add);
        // words that do not occur in the reference take part in no subsequence, but they do take room in the window
        int[] at = new int[text.length];
        int n = 0;
        for (int i = 0; i < text.length; i++) {
            if (known.contains(text[i])) {
                at[n++] = i;
            }
        }
        int best = 0;
        for (int start = 0, end = 0; start < n; start++) {
            while (end < n && at[end] - at[start] <= 2 * reference.length) {
                end++;
            }
            if (end - start > best) { // else even a perfect match would be no better
                best = Math.max(best, common(text, at, start, end, reference));
            }
        }
        return (double) best / reference.length;
    }

    /** Length of the longest common subsequence of some words of the text with the reference. */
    private static int common(int[] text, int[] at, int start, int end, int[] reference) {
        int[] row = new int[reference.length + 1];
        for (int i = start; i < end; i++) {
            int diagonal = 0;
            for (int j = 1; j <= reference.length; j++) {
                int above = row[j];
                row[j] = text[at[i]] == reference[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[reference.length];
    }

    private static int[] words(String text) {
        return Arrays.stream(text.toLowerCase(Locale.ROOT)
                        .replaceAll("(\\p{IsHan})", " $1 ")
                        .split("[^\\p{L}\\p{N}]+"))
                .filter(w -> !w.isEmpty())
                .mapToInt(String::hashCode)
                .toArray();
    }
}

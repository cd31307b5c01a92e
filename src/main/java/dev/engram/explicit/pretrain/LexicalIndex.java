package dev.engram.explicit.pretrain;

import dev.engram.retrieve.LeakFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the reference that shares the rarest pairs of neighbouring tokens with a chunk: each common pair counts the logarithm of how rare
 * it is among the references. It stands in for the paper's text embeddings, which a run of a minute has no time for.
 */
public final class LexicalIndex {
    private final List<int[]> references;
    /** Numbers of the references that hold a pair. */
    private final Map<Long, List<Integer>> holders = new HashMap<>();

    public LexicalIndex(List<int[]> references) {
        this.references = List.copyOf(references);
        for (int r = 0; r < references.size(); r++) {
            for (long pair : pairs(references.get(r))) {
                holders.computeIfAbsent(pair, p -> new ArrayList<>()).add(r);
            }
        }
    }

    private static Set<Long> pairs(int[] tokens) {
        Set<Long> set = new HashSet<>();
        for (int i = 1; i < tokens.length; i++) {
            set.add((long) tokens[i - 1] << 32 | tokens[i]);
        }
        return set;
    }

    /** The reference with this number. */
    public int[] reference(int number) {
        return references.get(number);
    }

    public int size() {
        return references.size();
    }

    /**
     * Number of the best reference for a chunk; of equal ones the first.
     *
     * @param text in which no reference may stand: those that give it away are passed over
     */
    public int best(int[] chunk, int[] text, LeakFilter filter) {
        double[] scores = new double[references.size()];
        for (long pair : pairs(chunk)) {
            List<Integer> own = holders.getOrDefault(pair, List.of());
            double rarity = Math.log((double) references.size() / Math.max(1, own.size()));
            own.forEach(r -> scores[r] += rarity);
        }
        while (true) {
            int best = 0;
            for (int r = 1; r < scores.length; r++) {
                best = scores[r] > scores[best] ? r : best;
            }
            if (LeakFilter.overlap(text, references.get(best)) <= filter.limit() || scores[best] < 0) {
                return best;
            }
            scores[best] = -1;
        }
    }
}

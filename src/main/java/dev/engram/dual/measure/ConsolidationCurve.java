package dev.engram.dual.measure;

import dev.engram.dual.Consolidation;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.Reading;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.dual.Retrieved;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What consolidation saves and what it costs. A store holds some occurrences of each concept: keys near each other, values of the
 * concept's own. After consolidating, each entry is asked for with a new key near its own.
 *
 * <p>Recall@k alone would praise merging everything, since the one slot left is always found; so the value that is read must also be
 * nearer to the concept's own than to any other's.
 */
public final class ConsolidationCurve {
    /**
     * One consolidation.
     *
     * @param slotsKept share of the used slots that are left
     * @param recall share of entries whose slot is among the best k
     * @param rightValue share of entries for which the best slot's value is nearest to the concept's own
     * @param milliseconds the consolidation took
     */
    public record Row(
            String keys,
            String reading,
            double threshold,
            long seed,
            double slotsKept,
            double recall,
            double rightValue,
            double milliseconds) {}

    private final String name;
    private final List<float[]> keys;
    private final int[] concept;
    private final float[][] values;
    private final List<float[]> queries;
    private final int k;
    private final long seed;

    /**
     * Over keys that are given.
     *
     * @param name of the keys, for the rows
     * @param keys one per entry, [h] each
     * @param concept of each entry
     * @param queries one per entry, near its key
     * @param k recall among the best k
     */
    public ConsolidationCurve(String name, List<float[]> keys, int[] concept, List<float[]> queries, int k, long seed) {
        if (keys.isEmpty() || keys.size() != concept.length || keys.size() != queries.size()) {
            throw new BadInputException("There are " + keys.size() + " keys, " + concept.length + " concepts and "
                    + queries.size() + " queries; give one of each for every entry.");
        }
        this.name = name;
        this.keys = keys;
        this.concept = concept;
        this.queries = queries;
        this.k = k;
        this.seed = seed;
        int concepts = Arrays.stream(concept).max().orElse(0) + 1;
        int width = keys.get(0).length;
        SplittableRandom random = new SplittableRandom(seed);
        values = new float[concepts][];
        for (int c = 0; c < concepts; c++) {
            values[c] = Vectors.normal(random, width);
        }
    }

    /**
     * Random concepts.
     *
     * @param copies occurrences of each concept
     * @param noise of an occurrence, in standard deviations of the concepts; two have a cosine of about 1 / (1 + noise²)
     */
    public static ConsolidationCurve random(int concepts, int copies, int width, double noise, int k, long seed) {
        SplittableRandom random = new SplittableRandom(seed + 1);
        List<float[]> keys = new ArrayList<>();
        List<float[]> queries = new ArrayList<>();
        int[] concept = new int[concepts * copies];
        float[][] centres = new float[concepts][];
        for (int c = 0; c < concepts; c++) {
            centres[c] = Vectors.normal(random, width);
        }
        for (int i = 0; i < concept.length; i++) {
            concept[i] = i % concepts;
            keys.add(Vectors.near(random, centres[concept[i]], noise));
            queries.add(Vectors.near(random, centres[concept[i]], noise));
        }
        return new ConsolidationCurve("random", keys, concept, queries, k, seed);
    }

    /** Fills a store, consolidates it and asks for every entry. */
    public Row run(Reading reading, double threshold) {
        LongTermMemory memory = filled();
        long start = System.nanoTime();
        Consolidation did = memory.consolidate(threshold, reading);
        double ms = (System.nanoTime() - start) / 1e6;
        return score(
                memory, did.target(), reading.name().toLowerCase(Locale.ROOT).replace('_', ' '), threshold, ms);
    }

    /** The same without consolidating. */
    public Row untouched() {
        int[] same = new int[keys.size()];
        Arrays.setAll(same, i -> i);
        return score(filled(), same, "none", Double.NaN, 0);
    }

    private LongTermMemory filled() {
        LongTermMemory memory = new LongTermMemory(keys.size(), keys.get(0).length, ReplacementPolicy.FIFO, seed, 0);
        for (int i = 0; i < keys.size(); i++) {
            memory.write(keys.get(i), values[concept[i]], 1);
        }
        return memory;
    }

    private Row score(LongTermMemory memory, int[] target, String reading, double threshold, double ms) {
        int found = 0;
        int right = 0;
        for (int i = 0; i < target.length; i++) {
            Retrieved best = memory.search(queries.get(i), k);
            int own = target[i];
            found += Arrays.stream(best.slots()).anyMatch(s -> s == own) ? 1 : 0;
            right += Vectors.nearest(values, memory.value(best.slots()[0])) == concept[i] ? 1 : 0;
        }
        double n = target.length;
        return new Row(name, reading, threshold, seed, memory.size() / n, found / n, right / n, ms);
    }
}

package dev.engram.dual;

import dev.engram.model.BadInputException;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Invented facts as LMCODE's texts. A fact is three tokens, relation, entity, value; a segment tells or asks some facts. To ask is to
 * tell again, with a label on the value. A text is about few entities, so that a value belongs to a relation and an entity together.
 *
 * <p>Training texts tell drawn values, which the relation takes elsewhere, and never the true one: what weights learn of a fact is
 * wrong, and true facts are for tests.
 *
 * <pre>{@code
 * FactTexts texts = FactTexts.of(World.load().facts("train"), "person", 4);
 * Sample sample = texts.training(1, seed, number);   // 4 facts told, a segment of others, the 4 asked
 * }</pre>
 */
public final class FactTexts {
    private static final int LEAST = 10;

    private final List<Known> facts;
    private final int each;
    private final int vocab;

    /**
     * A fact in tokens.
     *
     * @param number place in the order in which facts became known
     */
    public record Known(int relation, int entity, int value, int number) {
        Known withValue(int other) {
            return new Known(relation, entity, other, number);
        }
    }

    private FactTexts(List<Known> facts, int each, int vocab) {
        this.facts = facts;
        this.each = each;
        this.vocab = vocab;
    }

    /**
     * Facts of one kind of entity.
     *
     * @param each facts of a segment
     */
    public static FactTexts of(List<Fact> all, String kind, int each) {
        List<Fact> own = all.stream()
                .filter(f -> f.kind().equals(kind))
                .sorted(Comparator.comparingInt(Fact::index))
                .toList();
        Map<String, Integer> ids = new LinkedHashMap<>();
        List<Known> facts = new ArrayList<>();
        for (Fact f : own) {
            facts.add(new Known(
                    id(ids, "relation " + f.relation()),
                    id(ids, "entity " + f.entity()),
                    id(ids, "value " + f.value()),
                    facts.size()));
        }
        if (each < 1 || facts.size() < LEAST * each) {
            throw new BadInputException("There are " + facts.size() + " facts of kind '" + kind + "' for segments of "
                    + each + "; give a kind of the world, such as person, and segments of 1 or more facts.");
        }
        return new FactTexts(List.copyOf(facts), each, ids.size());
    }

    private static int id(Map<String, Integer> ids, String word) {
        return ids.computeIfAbsent(word, w -> ids.size());
    }

    public int vocab() {
        return vocab;
    }

    /** Tokens of a segment. */
    public int window() {
        return 3 * each;
    }

    /** Facts of a segment. */
    public int each() {
        return each;
    }

    /** In the order in which they became known. */
    public List<Known> facts() {
        return facts;
    }

    /** What who knows the relation alone gets right at most: the share of its most frequent value among all facts. */
    public double chance() {
        double right = 0;
        for (Map<Integer, Integer> values : counts().values()) {
            right += values.values().stream().mapToInt(n -> n).max().orElse(0);
        }
        return right / facts.size();
    }

    private Map<Integer, Map<Integer, Integer>> counts() {
        Map<Integer, Map<Integer, Integer>> counts = new LinkedHashMap<>();
        facts.forEach(f ->
                counts.computeIfAbsent(f.relation, r -> new LinkedHashMap<>()).merge(f.value, 1, Integer::sum));
        return counts;
    }

    /** Facts of a text: of half as many entities as a segment has facts, those it tells first. */
    List<Known> draw(SplittableRandom random) {
        List<Integer> entities = shuffled(
                        facts.stream().map(Known::entity).distinct().toList(), random)
                .subList(0, (each + 1) / 2);
        return shuffled(facts.stream().filter(f -> entities.contains(f.entity)).toList(), random);
    }

    static <T> List<T> shuffled(List<T> items, SplittableRandom random) {
        List<T> all = new ArrayList<>(items);
        for (int i = all.size() - 1; i > 0; i--) {
            Collections.swap(all, i, random.nextInt(i + 1));
        }
        return all;
    }

    /** The same facts with values that the relation takes elsewhere: another user's, or later ones. */
    List<Known> otherValues(List<Known> of, SplittableRandom random) {
        Map<Integer, Map<Integer, Integer>> counts = counts();
        return of.stream()
                .map(f -> {
                    int[] others = counts.get(f.relation).keySet().stream()
                            .mapToInt(v -> v)
                            .filter(v -> v != f.value)
                            .toArray();
                    return f.withValue(others[random.nextInt(others.length)]);
                })
                .toList();
    }

    /** A text with drawn values. The same numbers give the same text. */
    public Sample training(int fillers, long seed, long number) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        List<Known> drawn = otherValues(draw(random), random);
        return told(drawn, drawn.subList(0, each), fillers, random);
    }

    /** A text with the true values. */
    public Sample truth(int fillers, long seed, long number) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        List<Known> drawn = draw(random);
        return told(drawn, drawn.subList(0, each), fillers, random);
    }

    /** The first facts told; other facts, first of the same entities, then of any; then what is asked, in another order. */
    Sample told(List<Known> drawn, List<Known> asked, int fillers, SplittableRandom random) {
        List<List<Known>> segments = new ArrayList<>(List.of(drawn.subList(0, each)));
        for (int f = 0; f < fillers; f++) {
            segments.add(others(drawn, f, random));
        }
        segments.add(shuffled(asked, random));
        return sample(segments, segments.size() - 1);
    }

    /** A segment that tells nothing of what was told first. */
    List<Known> others(List<Known> drawn, int filler, SplittableRandom random) {
        if ((filler + 2) * each <= drawn.size()) {
            return drawn.subList((filler + 1) * each, (filler + 2) * each);
        }
        List<Integer> told = drawn.subList(0, each).stream().map(Known::number).toList();
        List<Known> left = facts.stream().filter(f -> !told.contains(f.number)).toList();
        return otherValues(random.ints(each, 0, left.size()).mapToObj(left::get).toList(), random);
    }

    /** Segments of facts; those from one on are asked. */
    Sample sample(List<List<Known>> segments, int askedFrom) {
        int[][] ids = new int[segments.size()][window()];
        int[][] labels = new int[segments.size()][window()];
        for (int s = 0; s < ids.length; s++) {
            Arrays.fill(labels[s], Sample.NONE);
            for (int i = 0; i < each; i++) {
                Known f = segments.get(s).get(i);
                ids[s][3 * i] = f.relation;
                ids[s][3 * i + 1] = f.entity;
                ids[s][3 * i + 2] = f.value;
                if (s >= askedFrom) {
                    labels[s][3 * i + 1] = f.value;
                }
            }
        }
        return new Sample(ids, labels);
    }
}

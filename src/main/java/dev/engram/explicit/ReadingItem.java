package dev.engram.explicit;

import dev.engram.world.Fact;
import dev.engram.world.Passage;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * A question whose answer stands in one reference.
 *
 * @param unit the entity it is about, for intervals over entities
 * @param gold the answer
 * @param reference the text that tells it
 * @param distractors other texts, which do not
 */
public record ReadingItem(String unit, String question, String gold, String reference, List<String> distractors) {
    /** Distractors of an item. */
    public static final int DISTRACTORS = 4;

    /** What the references are. */
    public enum Kind {
        /** One sentence with one fact. */
        SINGLE,
        /** A passage of at most 128 tokens with several facts about one entity. */
        PASSAGE
    }

    /**
     * Items of a split of a world, one fact each, spread over the entities.
     *
     * @param split train (asked in wordings for training) or heldout (in held-out wordings)
     * @param most how many
     */
    public static List<ReadingItem> of(World world, String split, Kind kind, int most, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, String> passages = new HashMap<>();
        for (Passage p : world.passages()) {
            p.facts().forEach(id -> passages.putIfAbsent(id, p.text()));
        }
        List<Fact> facts = new ArrayList<>(world.facts(split));
        facts.removeIf(f -> kind == Kind.PASSAGE && !passages.containsKey(f.id()));
        Collections.shuffle(facts, new Random(random.nextLong()));
        List<ReadingItem> items = new ArrayList<>();
        for (Fact fact : facts.subList(0, Math.min(most, facts.size()))) {
            String own = text(fact, kind, passages);
            List<String> others = new ArrayList<>();
            while (others.size() < DISTRACTORS) {
                Fact other = facts.get(random.nextInt(facts.size()));
                String text = text(other, kind, passages);
                if (!other.entity().equals(fact.entity()) && !others.contains(text)) {
                    others.add(text);
                }
            }
            List<String> wordings = split.equals("train") ? fact.trainQuestions() : fact.heldoutQuestions();
            String question = wordings.get(random.nextInt(wordings.size()));
            items.add(new ReadingItem(fact.entity(), question, fact.value(), own, others));
        }
        return items;
    }

    /** All references of a kind, of all entities: what a search looks through. */
    public static List<String> references(World world, Kind kind) {
        return (kind == Kind.SINGLE
                        ? world.facts().stream().map(Fact::statement)
                        : world.passages().stream().map(Passage::text))
                .distinct()
                .toList();
    }

    private static String text(Fact fact, Kind kind, Map<String, String> passages) {
        return kind == Kind.SINGLE ? fact.statement() : passages.get(fact.id());
    }
}

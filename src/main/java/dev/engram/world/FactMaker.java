package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Gives every entity a value in every relation of its kind, and writes the sentences about it. */
final class FactMaker {
    private static final int PARAPHRASES = 6;

    private final String seed;
    private final String prefix;
    private final Draw draw;
    private final Map<String, Deck<Value>> decks = new HashMap<>();
    private final Map<String, Integer> birthYears = new HashMap<>();
    private final List<Draft> drafts = new ArrayList<>();

    private record Draft(Entity entity, Relation relation, Value value, Value updated) {}

    FactMaker(String seed, String prefix) {
        this.seed = seed;
        this.prefix = prefix;
        this.draw = new Draw(seed, prefix, "values");
    }

    /** The facts of all entities, kind by kind. */
    List<Entry> make(List<Entity> entities, List<Relation> relations) {
        for (Relation relation : relations) {
            for (Entity entity : entities) {
                if (entity.kind().equals(relation.kind())) {
                    draft(entity, relation, entities);
                }
            }
        }
        List<Integer> order = new Draw(seed, prefix, "order")
                .shuffled(IntStream.range(0, drafts.size()).boxed().toList());
        return IntStream.range(0, drafts.size())
                .mapToObj(i -> entry(i, order.get(i)))
                .toList();
    }

    private void draft(Entity entity, Relation relation, List<Entity> entities) {
        Predicate<Value> willDo = value -> !value.text().equals(entity.name())
                && (!relation.older() || birthYears.get(value.text()) < birthYears.get(entity.name()));
        Deck<Value> deck = deck(relation, entity.island(), entities);
        Optional<Value> value = deck.deal(willDo);
        Optional<Value> updated = value.flatMap(v -> new Deck<>(values(relation, entity.island(), entities), draw)
                .deal(willDo.and(other -> !other.equals(v))));
        // The two oldest people of an island have nobody, or only one, to learn from.
        if (updated.isPresent()) {
            if (relation.name().equals("birthyear")) {
                birthYears.put(entity.name(), Integer.parseInt(value.get().text()));
            }
            drafts.add(new Draft(entity, relation, value.get(), updated.get()));
        }
    }

    /** Entities are dealt island by island, so that no fact joins two splits. */
    private Deck<Value> deck(Relation relation, String island, List<Entity> entities) {
        String key = relation.kind() + "." + relation.name() + (relation.toEntity() ? "." + island : "");
        return decks.computeIfAbsent(key, k -> new Deck<>(values(relation, island, entities), draw));
    }

    private static List<Value> values(Relation relation, String island, List<Entity> entities) {
        if (!relation.toEntity()) {
            return Value.range(relation.range());
        }
        return entities.stream()
                .filter(e -> e.kind().equals(relation.range()) && e.island().equals(island))
                .map(Value::of)
                .toList();
    }

    private Entry entry(int number, int index) {
        Draft draft = drafts.get(number);
        Entity entity = draft.entity();
        Relation relation = draft.relation();
        String id = String.format(Locale.ROOT, "%s%04d", prefix, number + 1);
        Draw words = new Draw(seed, id);
        Phrasing phrasing = Entry.phrasing(entity, draft.value(), draft.updated());
        Phrasing changed = Entry.phrasing(entity, draft.updated(), draft.value());
        List<String> sentences = words.shuffled(relation.of(Family.STATEMENT)).stream()
                .limit(PARAPHRASES + 1)
                .map(pattern -> phrasing.fill(pattern, words))
                .toList();
        boolean reverse = relation.has(Family.REVERSE) && unique(draft);
        Fact fact = new Fact(
                id,
                entity.split(),
                entity.kind(),
                entity.name(),
                relation.name(),
                index,
                draft.value().text(),
                draft.updated().text(),
                sentences.get(0),
                changed.fill(words.pick(relation.of(Family.UPDATE)), words),
                sentences.subList(1, sentences.size()),
                filled(relation, Family.TRAIN, phrasing, words),
                filled(relation, Family.HELDOUT, phrasing, words),
                reverse ? filled(relation, Family.REVERSE, phrasing, words).get(0) : "",
                reverse ? entity.name() : "");
        return new Entry(entity, relation, draft.value(), draft.updated(), fact);
    }

    private static List<String> filled(Relation relation, Family family, Phrasing phrasing, Draw words) {
        return relation.of(family).stream()
                .map(pattern -> phrasing.fill(pattern, words))
                .toList();
    }

    private boolean unique(Draft draft) {
        return drafts.stream()
                        .filter(other -> other.relation() == draft.relation()
                                && other.value().equals(draft.value()))
                        .count()
                == 1;
    }
}

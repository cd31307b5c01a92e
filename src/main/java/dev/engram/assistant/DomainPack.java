package dev.engram.assistant;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.Hit;
import dev.engram.world.Entity;
import dev.engram.world.Passage;
import dev.engram.world.World;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Reference texts of a field with a source each (seed 003, section 7.4, sketches one application a field; here a field is an argument).
 * The texts are passages of the fictional Halcyon: nothing in them is law or medicine.
 */
public final class DomainPack {
    /** Names of the packs and the kinds of entities whose passages they hold; tutoring holds what the others do not. */
    private static final Map<String, String> KINDS = Map.of("law", "law", "medicine", "illness");

    /** What can be chosen. */
    public static final List<String> NAMES = List.of("law", "medicine", "tutoring");

    private final String name;
    private final List<Passage> passages;
    private final EmbeddingModel model;

    private DomainPack(String name, List<Passage> passages, EmbeddingModel model) {
        this.name = name;
        this.passages = passages;
        this.model = model;
    }

    /** Opens a pack of the world's passages. */
    public static DomainPack open(String name, World world, EmbeddingModel model) {
        if (!NAMES.contains(name)) {
            throw new BadInputException("There is no domain '" + name + "'; choose law, medicine or tutoring.");
        }
        Map<String, String> kinds =
                world.entities().stream().collect(Collectors.toMap(Entity::name, Entity::kind, (a, b) -> a));
        Set<String> others = Set.copyOf(KINDS.values());
        Predicate<Passage> wanted = p -> KINDS.containsKey(name)
                ? KINDS.get(name).equals(kinds.get(p.entity()))
                : !others.contains(kinds.getOrDefault(p.entity(), ""));
        return new DomainPack(name, world.passages().stream().filter(wanted).toList(), model);
    }

    public String name() {
        return name;
    }

    /** Number of reference texts. */
    public int size() {
        return passages.size();
    }

    /**
     * Texts on what a text names, nearest first; empty if it names nothing that the pack knows. Cosines cannot tell a law that does not
     * exist from one that does, names can; so only texts that are named are embedded, and a pack of any size opens at once.
     */
    public List<Hit> named(String text, int k) {
        String small = text.toLowerCase(Locale.ROOT);
        List<Passage> named = passages.stream()
                .filter(p -> occurs(small, p.entity().toLowerCase(Locale.ROOT)))
                .toList();
        if (named.isEmpty()) {
            return List.of();
        }
        Embedding query = model.embed(text).content();
        return named.stream()
                .map(p -> new Hit(
                        p.id(),
                        p.text(),
                        CosineSimilarity.between(query, model.embed(p.text()).content())))
                .sorted(Comparator.comparingDouble(Hit::score).reversed())
                .limit(k)
                .toList();
    }

    private static boolean occurs(String text, String name) {
        return (" " + text.replaceAll("[^\\p{L}\\p{N}]+", " ") + " ")
                .contains(" " + name.replaceAll("[^\\p{L}\\p{N}]+", " ").strip() + " ");
    }
}

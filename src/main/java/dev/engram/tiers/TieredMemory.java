package dev.engram.tiers;

import dev.engram.model.BadInputException;
import dev.engram.tiers.Tier.Found;
import dev.langchain4j.data.embedding.Embedding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Short-, mid- and long-term memory of what a user says (seed 001, "external store"): a gate says where a new text belongs, and
 * one that would be short-term is promoted to mid-term if its cosine with something stored reaches a threshold.
 *
 * <p>The seed's rule names neither what happens to the stored texts that it correlates with nor which texts count. Here the short- and
 * mid-term ones count, and those in the short term go up with the new one. An optional second threshold lets a new text replace an
 * older one that says almost the same, which the seed does not have.
 *
 * <p>Tiers may be one and the same object: then there is one store, and horizons only set importance.
 */
public final class TieredMemory {
    /** No promotion, no replacement: a cosine never reaches it. */
    public static final double NEVER = 2;

    /** Candidates of {@link #latest}: more than a value that changes monthly has in years. */
    private static final int LOOKED_AT = 64;

    private final Map<Horizon, Tier> tiers;
    private final double promotion;
    private final double replacement;

    /**
     * What became of a text.
     *
     * @param horizon where it is stored; NONE if nowhere
     * @param promoted whether correlation, not the gate, put it there
     * @param nearest the largest cosine with a short- or mid-term memory before it was stored, -1 if there is none
     * @param replaced ids of older texts that it replaced
     */
    public record Written(Horizon horizon, boolean promoted, double nearest, List<String> replaced) {}

    /**
     * @param tiers one each for SHORT, MID and LONG
     * @param promotion cosine from which a short-term text goes to mid-term; {@link #NEVER} for never
     * @param replacement cosine from which an older text is replaced; {@link #NEVER} for never
     */
    public TieredMemory(Map<Horizon, Tier> tiers, double promotion, double replacement) {
        for (Horizon h : List.of(Horizon.SHORT, Horizon.MID, Horizon.LONG)) {
            if (!tiers.containsKey(h)) {
                throw new BadInputException("There is no tier for " + h.key() + "; give short, mid and long.");
            }
        }
        for (double threshold : new double[] {promotion, replacement}) {
            if (!(threshold > -1 && (threshold <= 1 || threshold == NEVER))) {
                throw new BadInputException("The threshold is " + threshold
                        + "; give a cosine above -1 and up to 1, or TieredMemory.NEVER.");
            }
        }
        this.tiers = new EnumMap<>(tiers);
        this.promotion = promotion;
        this.replacement = replacement;
    }

    public Tier tier(Horizon horizon) {
        return tiers.get(horizon);
    }

    /** Stores a text where the gate wants it, or higher. */
    public Written write(String id, String text, Embedding vector, Horizon gate, double today) {
        all().forEach(t -> t.expire(today));
        if (gate == Horizon.NONE) {
            return new Written(gate, false, -1, List.of());
        }
        List<Found> near = Stream.of(Horizon.SHORT, Horizon.MID)
                .map(tiers::get)
                .distinct()
                .flatMap(t -> t.search(vector, 3).stream())
                .sorted(Comparator.comparingDouble(Found::cosine).reversed())
                .toList();
        double nearest = near.isEmpty() ? -1 : near.get(0).cosine();
        boolean promoted = gate == Horizon.SHORT && nearest >= promotion;
        Horizon horizon = promoted ? Horizon.MID : gate;
        if (promoted) {
            near.stream().filter(f -> f.cosine() >= promotion).forEach(f -> raise(f.memory(), today));
        }
        List<String> replaced = replace(vector);
        Memory memory = new Memory(id, text, vector, today, horizon.importance());
        tiers.get(horizon).put(memory, today);
        return new Written(horizon, promoted, nearest, replaced);
    }

    /** Moves a short-term memory to mid-term; it keeps its day. */
    private void raise(Memory m, double today) {
        if (tiers.get(Horizon.SHORT).remove(m.id()).isPresent()) {
            double importance = Math.max(m.importance(), Horizon.MID.importance());
            tiers.get(Horizon.MID).put(new Memory(m.id(), m.text(), m.vector(), m.day(), importance), today);
        }
    }

    private List<String> replace(Embedding vector) {
        List<String> gone = new ArrayList<>();
        for (Tier tier : all()) {
            for (Found f : tier.search(vector, 5)) {
                if (f.cosine() >= replacement) {
                    tier.remove(f.memory().id());
                    gone.add(f.memory().id());
                }
            }
        }
        return gone;
    }

    /** The best k of all tiers. */
    public List<Found> read(Embedding query, int k, double today) {
        all().forEach(t -> t.expire(today));
        return all().stream()
                .flatMap(t -> t.search(query, k).stream())
                .sorted(Comparator.comparingDouble(Found::cosine).reversed())
                .limit(k)
                .toList();
    }

    /** The newest of those that come within a margin of the best: where a value has changed, the last one told. */
    public Optional<Memory> latest(Embedding query, double margin, double today) {
        List<Found> found = read(query, LOOKED_AT, today);
        return found.stream()
                .filter(f -> f.cosine() >= found.get(0).cosine() - margin)
                .map(Found::memory)
                .max(Comparator.comparingDouble(Memory::day));
    }

    /** Bytes of all tiers. */
    public long bytes() {
        return all().stream().mapToLong(Tier::bytes).sum();
    }

    private List<Tier> all() {
        return tiers.values().stream().distinct().toList();
    }
}

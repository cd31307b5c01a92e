package dev.engram.tiers;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.ExactStore;
import dev.engram.tiers.UserStream.Turn;
import dev.langchain4j.data.embedding.Embedding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * How well correlation with stored texts tells that a subject has come back (seed 001: promotion to mid-term above a threshold): every
 * telling is held against those of the days before, as the seed's rule does; it should be promoted if one of them is about
 * the same thing.
 */
public final class PromotionCurve {
    private PromotionCurve() {}

    /**
     * One telling.
     *
     * @param nearest largest cosine with a stored one, -1 if there is none
     * @param recurring whether a stored one has the same relation: the label
     * @param right whether the nearest one has
     */
    public record Sample(double nearest, boolean recurring, boolean right) {}

    /**
     * One threshold.
     *
     * @param promoted share of all tellings that reach it
     * @param precision of those promoted, the share that comes back to a subject; 1 where none is
     * @param recall of those that come back, the share promoted
     * @param mistaken of those promoted, the share whose nearest stored text is about something else
     */
    public record Point(double threshold, double promoted, double precision, double recall, double mistaken) {}

    /**
     * The samples of one stream.
     *
     * @param days how long a text is stored
     * @param embed vector of a text
     */
    public static List<Sample> samples(UserStream stream, double days, Function<String, Embedding> embed) {
        List<Sample> samples = new ArrayList<>();
        Map<String, Turn> byId = new HashMap<>();
        try (ExactStore store = new ExactStore()) {
            Tier tier = new Tier("short", new Tier.Limits(Long.MAX_VALUE, days, Keeping.NEWEST), store);
            for (Turn turn : stream.turns()) {
                if (turn.fact() == null) {
                    continue;
                }
                tier.expire(turn.day());
                Embedding vector = embed.apply(turn.text());
                List<Tier.Found> found = tier.search(vector, 1);
                boolean recurring = tier.memories().stream()
                        .anyMatch(m -> byId.get(m.id()).relation().equals(turn.relation()));
                samples.add(
                        found.isEmpty()
                                ? new Sample(-1, recurring, false)
                                : new Sample(
                                        found.get(0).cosine(),
                                        recurring,
                                        byId.get(found.get(0).memory().id())
                                                .relation()
                                                .equals(turn.relation())));
                byId.put(turn.id(), turn);
                tier.put(new Memory(turn.id(), turn.text(), vector, turn.day(), 0.1), turn.day());
            }
        }
        return samples;
    }

    /** Precision and recall at each threshold. */
    public static List<Point> of(List<Sample> samples, double... thresholds) {
        if (samples.isEmpty()) {
            throw new BadInputException("There are no tellings to draw a curve from; give at least one.");
        }
        List<Point> points = new ArrayList<>();
        for (double threshold : thresholds) {
            List<Sample> up =
                    samples.stream().filter(s -> s.nearest() >= threshold).toList();
            double hits = up.stream().filter(Sample::recurring).count();
            double wrong = up.stream().filter(s -> !s.right()).count();
            double recurring = samples.stream().filter(Sample::recurring).count();
            points.add(new Point(
                    threshold,
                    (double) up.size() / samples.size(),
                    up.isEmpty() ? 1 : hits / up.size(),
                    recurring == 0 ? 1 : hits / recurring,
                    up.isEmpty() ? 0 : wrong / up.size()));
        }
        return points;
    }
}

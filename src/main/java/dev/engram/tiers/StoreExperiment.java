package dev.engram.tiers;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.retrieve.ExactStore;
import dev.engram.tiers.Tier.Limits;
import dev.engram.tiers.UserStream.Turn;
import dev.langchain4j.data.embedding.Embedding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Three stores or one (seed 001's closing question): the same stream, the same gate, the same bytes, the same questions. A question
 * comes while its answer matters: within a day of a short-term telling, 20 of a mid-term one, 150 of a long-term one.
 *
 * @param embed vector of a text
 * @param margin see {@link TieredMemory#latest}
 * @param seed of the days on which questions come
 */
public record StoreExperiment(Function<String, Embedding> embed, double margin, long seed) {
    /** Bytes of a usual memory: a vector of 384 numbers and a sentence. */
    public static final long ONE = 4 * 384 + 50;

    /**
     * A way to store.
     *
     * @param one whether all horizons share a store
     * @param lifetimes whether three stores drop a memory after 2 and 45 days
     * @param keeping what goes first
     * @param promotion see {@link TieredMemory}
     * @param replacement see {@link TieredMemory}
     */
    public record Arm(
            String name, boolean one, boolean lifetimes, Keeping keeping, double promotion, double replacement) {
        /** Tiers of an arm: shares of 1/6, 1/3 and 1/2 of the bytes. */
        TieredMemory open(long bytes) {
            Map<Horizon, Tier> tiers = new EnumMap<>(Horizon.class);
            if (one) {
                Tier tier = tier("one", bytes, Double.POSITIVE_INFINITY);
                List.of(Horizon.SHORT, Horizon.MID, Horizon.LONG).forEach(h -> tiers.put(h, tier));
            } else {
                tiers.put(Horizon.SHORT, tier("short", bytes / 6, days(Horizon.SHORT)));
                tiers.put(Horizon.MID, tier("mid", bytes / 3, days(Horizon.MID)));
                tiers.put(Horizon.LONG, tier("long", bytes / 2, days(Horizon.LONG)));
            }
            return new TieredMemory(tiers, promotion, replacement);
        }

        private double days(Horizon horizon) {
            return lifetimes ? Horizon.days(horizon.importance()) : Double.POSITIVE_INFINITY;
        }

        private Tier tier(String called, long bytes, double days) {
            return new Tier(called, new Limits(Math.max(1, bytes), days, keeping), new ExactStore());
        }
    }

    /** One store by five rules, three stores, and both with lifetimes and replacement: what division does and what lifetimes do. */
    public static List<Arm> arms(double promotion, double replacement) {
        double no = TieredMemory.NEVER;
        return List.of(
                new Arm("one, random", true, false, Keeping.RANDOM, no, no),
                new Arm("one, newest", true, false, Keeping.NEWEST, no, no),
                new Arm("one, importance", true, false, Keeping.IMPORTANT, no, no),
                new Arm("one, retention", true, false, Keeping.RETENTION, no, no),
                new Arm("one, lifetimes", true, true, Keeping.LIFETIME, no, no),
                new Arm("one, lifetimes, replacing", true, true, Keeping.LIFETIME, no, replacement),
                new Arm("three, no lifetimes", false, false, Keeping.NEWEST, no, no),
                new Arm("three", false, true, Keeping.NEWEST, no, no),
                new Arm("three, promotion", false, true, Keeping.NEWEST, promotion, no),
                new Arm("three, replacing", false, true, Keeping.NEWEST, no, replacement));
    }

    /**
     * One question and what was found for it.
     *
     * @param gate who labelled the stream
     * @param items budget in usual memories
     * @param horizon of what is asked
     * @param outcome right, stale (an older value of the same thing), other or nothing
     */
    public record Row(String arm, String gate, int items, String user, String horizon, String outcome) {
        /** 1 or 0, for means. */
        public double right() {
            return outcome.equals("right") ? 1 : 0;
        }
    }

    private record Ask(double day, Turn about) {}

    /**
     * Runs one arm on one stream.
     *
     * @param labels of the gate, one a turn
     * @param items budget in usual memories; 0 for no limit
     */
    public List<Row> run(Arm arm, String gate, UserStream stream, List<Horizon> labels, int items) {
        TieredMemory memory = arm.open(items == 0 ? Long.MAX_VALUE : items * ONE);
        List<Ask> asks = questions(stream);
        List<Row> rows = new ArrayList<>();
        int next = 0;
        for (int t = 0; t <= stream.turns().size(); t++) {
            double until = t == stream.turns().size()
                    ? Double.POSITIVE_INFINITY
                    : stream.turns().get(t).day();
            while (next < asks.size() && asks.get(next).day() < until) {
                Ask ask = asks.get(next++);
                rows.add(new Row(
                        arm.name(),
                        gate,
                        items,
                        stream.user(),
                        ask.about().horizon().key(),
                        outcome(memory, stream, ask)));
            }
            if (t < stream.turns().size()) {
                Turn turn = stream.turns().get(t);
                memory.write(turn.id(), turn.text(), embed.apply(turn.text()), labels.get(t), turn.day());
            }
        }
        return rows;
    }

    private List<Ask> questions(UserStream stream) {
        SplittableRandom random = new SplittableRandom(seed * 31 + stream.user().hashCode());
        List<Ask> asks = new ArrayList<>();
        for (Turn turn : stream.turns()) {
            if (turn.fact() != null) {
                double within = switch (turn.horizon()) {
                    case SHORT -> 1;
                    case MID -> 20;
                    default -> 150;
                };
                asks.add(new Ask(turn.day() + 1e-4 + within * random.nextDouble(), turn));
            }
        }
        asks.sort(Comparator.comparingDouble(Ask::day));
        return asks;
    }

    private String outcome(TieredMemory memory, UserStream stream, Ask ask) {
        String question = ask.about().fact().fact().heldoutQuestions().get(0);
        Optional<Memory> found = memory.latest(embed.apply(question), margin, ask.day());
        if (found.isEmpty()) {
            return "nothing";
        }
        Turn said = stream.turns().stream()
                .filter(t -> t.id().equals(found.get().id()))
                .findFirst()
                .orElseThrow();
        if (!said.relation().equals(ask.about().relation())) {
            return "other";
        }
        // another telling may have come between the one that led to the question and the question
        boolean newest = stream.turns().stream()
                .filter(t -> t.relation().equals(said.relation()) && t.day() < ask.day())
                .noneMatch(t -> t.day() > said.day());
        return newest ? "right" : "stale";
    }

    /**
     * A line of the table.
     *
     * @param right share of questions, mean over users, with its interval over users
     */
    public record Line(
            String arm,
            String gate,
            int items,
            double right,
            double low,
            double high,
            double shortTerm,
            double midTerm,
            double longTerm,
            double stale,
            double other,
            double nothing) {}

    /** One line for each arm, gate and budget. */
    public static List<Line> table(List<Row> rows, long seed) {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(r -> groups.computeIfAbsent(r.arm + "\t" + r.gate + "\t" + r.items, k -> new ArrayList<>())
                .add(r));
        return groups.values().stream().map(g -> line(g, seed)).toList();
    }

    private static Line line(List<Row> group, long seed) {
        Row any = group.get(0);
        Interval right = Bootstrap.seeded(seed).mean(byUser(group));
        return new Line(
                any.arm,
                any.gate,
                any.items,
                right.mean(),
                right.low(),
                right.high(),
                share(group, "short"),
                share(group, "mid"),
                share(group, "long"),
                outcome(group, "stale"),
                outcome(group, "other"),
                outcome(group, "nothing"));
    }

    /** Share of right answers by user, in the order of the rows: units of a paired bootstrap. */
    public static double[] byUser(List<Row> group) {
        Map<String, List<Double>> users = new LinkedHashMap<>();
        group.forEach(r -> users.computeIfAbsent(r.user, u -> new ArrayList<>()).add(r.right()));
        return users.values().stream()
                .mapToDouble(v -> v.stream().mapToDouble(x -> x).average().orElseThrow())
                .toArray();
    }

    private static double share(List<Row> group, String horizon) {
        return group.stream()
                .filter(r -> r.horizon.equals(horizon))
                .mapToDouble(Row::right)
                .average()
                .orElse(Double.NaN);
    }

    private static double outcome(List<Row> group, String outcome) {
        return group.stream().filter(r -> r.outcome.equals(outcome)).count() / (double) group.size();
    }
}

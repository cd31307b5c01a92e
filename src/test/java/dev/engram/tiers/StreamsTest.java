package dev.engram.tiers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.tiers.PromotionCurve.Point;
import dev.engram.tiers.PromotionCurve.Sample;
import dev.engram.tiers.StoreExperiment.Arm;
import dev.engram.tiers.StoreExperiment.Row;
import dev.engram.tiers.UserStream.Turn;
import dev.engram.world.World;
import dev.langchain4j.data.embedding.Embedding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Years of users: labels, strangers, promotion counted by hand, and stores that are asked. */
class StreamsTest {
    private static final List<String> CHATTER =
            World.load(Path.of("data", "halcyon")).chatter();
    private static final UserStream STREAM = UserStream.of("u 1", true, CHATTER);

    /** A vector that knows what a turn is about: one direction a relation, a little of its own each text. */
    private static Embedding about(String text) {
        List<String> relations =
                STREAM.turns().stream().map(Turn::relation).distinct().sorted().toList();
        String relation = STREAM.turns().stream()
                .filter(t -> t.text().equals(text)
                        || t.fact() != null
                                && t.fact().fact().heldoutQuestions().contains(text))
                .findFirst()
                .orElseThrow()
                .relation();
        float[] v = new float[relations.size() + 1];
        v[relations.indexOf(relation)] = 1;
        v[relations.size()] = (text.hashCode() & 0xff) / 2560f;
        return Embedding.from(v);
    }

    @Test
    void aYearIsTheSameEveryTimeAndInOrder() {
        assertEquals(STREAM.texts(), UserStream.of("u 1", true, CHATTER).texts());
        assertNotEquals(STREAM.texts(), UserStream.of("u 2", true, CHATTER).texts());
        double day = 0;
        for (Turn turn : STREAM.turns()) {
            assertTrue(turn.day() >= day, turn.id());
            day = turn.day();
            assertEquals(turn.fact() == null, turn.horizon() == Horizon.NONE);
        }
        assertEquals(
                STREAM.turns().size(),
                STREAM.turns().stream().map(Turn::id).distinct().count());
        assertEquals(Set.of(Horizon.values()), Set.copyOf(STREAM.labels()));
    }

    @Test
    void strangersShareNoTurnAndNoValueWithUsersForTraining() {
        Set<String> trained = new HashSet<>();
        Set<String> values = new HashSet<>();
        for (UserStream s : UserStream.many("learner", 6, false, CHATTER)) {
            trained.addAll(s.texts());
            s.turns().stream()
                    .filter(t -> t.fact() != null)
                    .forEach(
                            t -> values.add(t.relation() + " " + t.fact().fact().value()));
        }
        for (UserStream s : UserStream.many("stranger", 6, true, CHATTER)) {
            for (Turn turn : s.turns()) {
                assertTrue(!trained.contains(turn.text()), turn.text());
                if (turn.fact() != null) {
                    String value = turn.fact().fact().value();
                    assertTrue(!values.contains(turn.relation() + " " + value), value);
                    assertTrue(turn.text().toLowerCase().contains(value.toLowerCase()), turn.text());
                }
            }
        }
    }

    @Test
    void theCurveIsCountedByHand() {
        List<Sample> samples = List.of(
                new Sample(-1, false, false),
                new Sample(0.9, true, true),
                new Sample(0.8, true, false),
                new Sample(0.8, false, false),
                new Sample(0.4, true, true));
        List<Point> points = PromotionCurve.of(samples, 0.5, 0.8, 0.95);
        assertEquals(new Point(0.5, 0.6, 2 / 3., 2 / 3., 2 / 3.), points.get(0));
        assertEquals(points.get(0).precision(), points.get(1).precision(), "the threshold itself counts");
        assertEquals(new Point(0.95, 0, 1, 0, 0), points.get(2));
        assertThrows(BadInputException.class, () -> PromotionCurve.of(List.of(), 0.5));
    }

    @Test
    void aPerfectVectorPromotesExactlyWhatComesBack() {
        List<Sample> samples = PromotionCurve.samples(STREAM, 400, StreamsTest::about);
        long tellings = STREAM.turns().stream().filter(t -> t.fact() != null).count();
        assertEquals(tellings, samples.size());
        long relations = STREAM.turns().stream()
                .filter(t -> t.fact() != null)
                .map(Turn::relation)
                .distinct()
                .count();
        assertEquals(
                tellings - relations, samples.stream().filter(Sample::recurring).count());
        Point point = PromotionCurve.of(samples, 0.9).get(0);
        assertEquals(1, point.precision());
        assertEquals(1, point.recall());
        assertEquals(0, point.mistaken());
        long never = PromotionCurve.samples(STREAM, 0.01, StreamsTest::about).stream()
                .filter(Sample::recurring)
                .count();
        assertTrue(never < 3, never + " come back within a quarter of an hour");
    }

    @Test
    void withoutALimitAndWithPerfectVectorsEveryAnswerIsRight() {
        StoreExperiment experiment = new StoreExperiment(StreamsTest::about, 0.05, 1);
        Arm keepAll = StoreExperiment.arms(2, 2).get(1);
        List<Row> rows = experiment.run(keepAll, "labels", STREAM, STREAM.labels(), 0);
        assertEquals(STREAM.turns().stream().filter(t -> t.fact() != null).count(), rows.size());
        assertEquals(1, StoreExperiment.byUser(rows)[0], rows.toString());
    }

    @Test
    void aLimitCostsAndAGateThatStoresNothingAnswersNothing() {
        StoreExperiment experiment = new StoreExperiment(StreamsTest::about, 0.05, 1);
        List<Row> all = new ArrayList<>();
        // a budget for one sentence with 384 numbers holds a dozen with these 20
        for (Arm arm : StoreExperiment.arms(0.9, 0.9)) {
            List<Row> rows = experiment.run(arm, "labels", STREAM, STREAM.labels(), 1);
            assertTrue(StoreExperiment.byUser(rows)[0] < 1, arm.name());
            all.addAll(rows);
        }
        List<StoreExperiment.Line> table = StoreExperiment.table(all, 1);
        assertEquals(
                List.of("one, random", "one, newest"),
                table.stream().limit(2).map(StoreExperiment.Line::arm).toList());
        for (StoreExperiment.Line line : table) {
            assertEquals(1, line.right() + line.stale() + line.other() + line.nothing(), 1e-9);
        }
        List<Horizon> none = STREAM.labels().stream().map(h -> Horizon.NONE).toList();
        List<Row> empty = experiment.run(StoreExperiment.arms(2, 2).get(7), "none", STREAM, none, 6);
        assertEquals(Set.of("nothing"), empty.stream().map(Row::outcome).collect(Collectors.toSet()));
    }

    /** An old value that is read is called stale, not right. */
    @Test
    void anOldValueIsStale() {
        // all texts of a relation have one vector, and the margin is negative: nothing is ever read but the first best
        Function<String, Embedding> same = text -> {
            float[] v = about(text).vector().clone();
            v[v.length - 1] = 0;
            return Embedding.from(v);
        };
        Arm oldest = new Arm("one", true, false, Keeping.NEWEST, 2, 2);
        List<Row> latest = new StoreExperiment(same, 1e-3, 1).run(oldest, "labels", STREAM, STREAM.labels(), 0);
        assertEquals(1, StoreExperiment.byUser(latest)[0]);
        List<Row> far =
                new StoreExperiment(StreamsTest::about, 1e-9, 1).run(oldest, "labels", STREAM, STREAM.labels(), 0);
        assertTrue(far.stream().anyMatch(r -> r.outcome().equals("stale")), "the nearest is not always the latest");
    }
}

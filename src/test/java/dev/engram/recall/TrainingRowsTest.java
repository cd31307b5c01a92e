package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.eval.Prose;
import dev.engram.model.text.Message;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What training reads beside the seed's three types of rows, and the threshold that is found after it. */
class TrainingRowsTest extends WithTinyRecall {
    private static RecallCorpus corpus;

    @BeforeAll
    static void corpus() {
        corpus = RecallCorpus.of(World.load(), 6, 1);
    }

    private static TrainingRows rows() {
        return new TrainingRows(tiny.lm, corpus, RecallRecipe.joint(6).withSteps(3));
    }

    @Test
    void whatIsReadIsGivenAndOnlyTheAnswerIsLearned() {
        RowBuilder builder = tiny.rows(RowBuilder.Style.seed());
        Set<Integer> memories = new HashSet<>();
        List<RecallRow> all = rows().reading(builder, Shuffle.stream(1, 1), 20);
        assertEquals(20, all.size());
        for (RecallRow row : all) {
            int end = row.insertAt() + 1;
            while (row.ids()[end] != TinyRecall.TOKENS.end()) {
                assertEquals(RecallRow.IGNORED, row.labels()[end++]);
            }
            assertEquals(TinyRecall.TOKENS.recall(), row.labels()[row.recallAt()]);
            for (int i = end; i < row.ids().length; i++) {
                assertEquals(row.ids()[i], row.labels()[i]);
            }
            memories.add(row.memory());
            Fact fact = TrainingRows.others(corpus, 1_000_000).get(row.memory() - 6 - RecallCorpus.DISTRACTORS);
            String text = tiny.lm.tokenizer().decode(row.ids());
            assertTrue(text.contains(fact.statement() + "</recall>"), text);
        }
        assertTrue(memories.stream().allMatch(m -> m >= 6 + RecallCorpus.DISTRACTORS), "no fact of the bank");
        assertTrue(memories.size() > 1);
    }

    @Test
    void someFactsStayOutsideTheCandidates() {
        int all = corpus.others().size();
        assertTrue(all > 400, "the world has " + all);
        assertEquals(corpus.others().subList(0, 5), TrainingRows.others(corpus, 5));
        assertEquals(all - 200, TrainingRows.others(corpus, all).size());
        RecallCorpus few =
                RecallCorpus.of(World.load(), World.load().facts("train").size() - 150, 1);
        assertEquals(100, few.others().size());
        assertEquals(50, TrainingRows.others(few, 100).size(), "half of them where there are few");
    }

    @Test
    void aTextEndsWithTheTokenThatAsksForIt() {
        List<String> texts = List.of("Ada sails.", "Bo has a much longer line.");
        HiddenStateSource source = HiddenStateSource.seed(tiny.lm.decoder(), tiny.lm.tokenizer());
        List<QueryAlignment.Text> all = rows().texts(texts, source, Centring.none(source.width()));
        assertEquals(2, all.size());
        for (int i = 0; i < 2; i++) {
            QueryAlignment.Text text = all.get(i);
            assertEquals(texts.get(i) + RecallTokens.RECALL, tiny.lm.tokenizer().decode(text.ids()));
            float[] unit = source.vectors(texts.subList(i, i + 1)).get(0);
            double length = Math.sqrt(IntStream.range(0, unit.length)
                    .mapToDouble(k -> unit[k] * unit[k])
                    .sum());
            for (int k = 0; k < unit.length; k++) {
                assertEquals(unit[k] / length, text.vector()[k], 1e-5);
            }
        }
    }

    @Test
    void aQuestionEndsInItsTurnAndKnowsItsMemory() {
        List<RecallRow> all = rows().questions(new SplittableRandom(3), 40);
        assertEquals(40, all.size());
        Set<Integer> memories = new HashSet<>();
        for (RecallRow row : all) {
            Fact fact = corpus.trained().get(row.memory());
            Set<String> possible = new HashSet<>();
            fact.trainQuestions()
                    .forEach(q -> possible.add(tiny.lm.prompt(List.of(Message.user(q))) + RecallTokens.RECALL));
            assertTrue(possible.contains(tiny.lm.tokenizer().decode(row.ids())));
            assertEquals(row.ids().length - 1, row.recallAt());
            assertTrue(Arrays.stream(row.labels()).allMatch(l -> l == RecallRow.IGNORED));
            memories.add(row.memory());
        }
        assertEquals(Set.of(0, 1, 2, 3, 4, 5), memories);
    }

    /** A quarter of what will be looked at is free text, at least one; half, at least one, answers to prompts; and prose where it is given. */
    @Test
    void ordinaryTextComesFromThreePlaces() {
        tiny.lm.extend(null);
        try {
            List<RecallRow> without = rows().ordinary(null, 1, 8);
            assertEquals(4 + 2, without.size());
            assertEquals(2, rows().ordinary(null, 1, 1).size());
            Prose prose = new Prose(List.of(
                    new Prose.Text("a", "plain", "word ".repeat(60)),
                    new Prose.Text("b", "plain", "other ".repeat(60))));
            List<RecallRow> with = rows().ordinary(prose, 1, 8);
            assertEquals(4 + 2 + 2, with.size());
            assertArrayEquals(without.get(0).ids(), with.get(0).ids());
            for (RecallRow row : with) {
                assertEquals(RecallRow.Type.SFT_ONLY, row.type());
                assertEquals(
                        List.of(-1, -1, -1, -1), List.of(row.recallAt(), row.insertAt(), row.memory(), row.sample()));
                assertTrue(Arrays.stream(row.labels()).anyMatch(l -> l != RecallRow.IGNORED));
            }
            RecallRow prompt = with.get(0);
            String opening = tiny.lm.prompt(
                    List.of(Message.user(RecallThreshold.kept(corpus).get(0))));
            assertTrue(tiny.lm.tokenizer().decode(prompt.ids()).startsWith(opening));
        } finally {
            tiny.extend(3);
        }
    }

    @Test
    void someAreDrawnFromAllAgain() {
        List<RecallRow> all = rows().questions(new SplittableRandom(3), 5);
        List<RecallRow> some = TrainingRows.some(all, 60, new SplittableRandom(1));
        assertEquals(60, some.size());
        assertEquals(new HashSet<>(all), new HashSet<>(some));
    }

    @Test
    void theThresholdTellsApartAsWellAsCanBe() {
        assertEquals(0.5, NothingThreshold.between(new double[] {-1, 0}, new double[] {1, 2}), 1e-12);
        // one of the low ones lies high: it is given up
        assertEquals(0.5, NothingThreshold.between(new double[] {-1, 0, 3}, new double[] {1, 2}), 1e-12);
        // nothing is gained by any limit between: all abstain
        double below = NothingThreshold.between(new double[] {1, 2}, new double[] {-1, 0});
        assertTrue(below < -1 && below > -1.1, "limit " + below);
        assertEquals(1.5, NothingThreshold.between(new double[] {0, 1}, new double[] {2, 3, -5}), 1e-12);
    }

    /** The head's margins on both kinds of questions give the limit, and the report counts them. */
    @Test
    void theThresholdOfAHead() {
        MemoryBank bank = tiny.bank(6);
        float[] nothing = HeadParameters.direction(bank.width(), 99);
        try (NDManager scope = tiny.lm.decoder().newScope();
                MemoryHead head = new MemoryHead(
                        scope, bank, MemoryHeadConfig.learned(20, 0).withAbstain(true), nothing)) {
            RecallTest test = new RecallTest(tiny.lm, corpus, RecallSettings.defaults(), null, 1);
            NothingThreshold threshold = NothingThreshold.of(head, test, corpus);
            List<RecallTest.Question> stored = corpus.distractors().stream()
                    .map(f -> RecallTest.Question.trained(f, 0))
                    .toList();
            List<RecallTest.Question> strange =
                    corpus
                            .unknownTrain()
                            .subList(0, Math.min(50, corpus.unknownTrain().size()))
                            .stream()
                            .map(u -> new RecallTest.Question(u.question(), -1))
                            .toList();
            double[] low = RecallTest.margins(head, test.queries(stored));
            double[] high = RecallTest.margins(head, test.queries(strange));
            assertEquals(NothingThreshold.between(low, high), threshold.limit(), 0);
            String expected = String.format(
                    Locale.ROOT,
                    "bias moved by %.3f: of 50 stored but never asked for %.2f are kept, of %d unknown %.2f refused",
                    -threshold.limit(),
                    Arrays.stream(low).filter(m -> m <= threshold.limit()).count() / 50.0,
                    high.length,
                    Arrays.stream(high).filter(m -> m > threshold.limit()).count() / (double) high.length);
            assertEquals(expected, threshold.report());
        }
    }
}

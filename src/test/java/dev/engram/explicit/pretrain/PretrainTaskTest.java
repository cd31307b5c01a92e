package dev.engram.explicit.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.LayerChoice;
import dev.engram.model.BadInputException;
import dev.engram.retrieve.LeakFilter;
import dev.engram.train.FullTraining;
import dev.engram.train.History;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data, stages and fine-tuning of the tiny model. */
class PretrainTaskTest {
    private static final PretrainSetup SETUP = new PretrainSetup(1, 300, 2, 16, 12, 2, 1e-2, MemoryShape.tiny(), 8);

    private static World halcyon;
    private static PretrainData data;

    @BeforeAll
    static void make() {
        halcyon = World.load(Path.of("data/halcyon"));
        data = PretrainData.of(SETUP, halcyon, 1);
    }

    @Test
    void theVocabularySpellsEveryTextAndGivesItBack() {
        TinyVocabulary v = data.vocabulary();
        assertEquals(300, v.size());
        for (String text : List.of("Orskerry is governed from Ruskosk.", " 482 people, a blue crab?", "x")) {
            assertEquals(text, v.decode(v.encode(text)));
        }
        assertArrayEquals(new int[] {TinyVocabulary.UNKNOWN}, v.encode("§"));
        // what is frequent is one token
        assertEquals(1, v.encode(" the").length);
        assertThrowsWith("characters", () -> TinyVocabulary.learn(List.of("abcdef"), 5));
    }

    private static void assertThrowsWith(String part, org.junit.jupiter.api.function.Executable e) {
        assertTrue(
                Assertions.assertThrows(BadInputException.class, e).getMessage().contains(part));
    }

    @Test
    void noTrainingTextIsAboutHalcyon() {
        Set<String> entities =
                halcyon.facts().stream().map(f -> f.entity() + "|" + f.value()).collect(Collectors.toSet());
        Set<String> trained = data.worlds().stream()
                .flatMap(List::stream)
                .map(f -> f.entity() + "|" + f.value())
                .collect(Collectors.toCollection(HashSet::new));
        long before = trained.size();
        trained.removeAll(entities);
        assertTrue(trained.size() > 0.99 * before, before - trained.size() + " facts of " + before + " are the same");
    }

    @Test
    void chunksRetrieveWhatTheyAreAboutAndNotWhatGivesThemAway() {
        MemoryShape shape = SETUP.shape();
        int related = 0;
        int all = 0;
        for (PretrainCorpus.Text text : data.test().texts()) {
            assertEquals(shape.tokens() + 1, text.ids().length);
            assertEquals(shape.chunks(), text.references().length);
            String told = data.vocabulary().decode(text.ids());
            for (int[] reference : text.references()) {
                assertTrue(LeakFilter.overlap(text.ids(), reference)
                        <= LeakFilter.evaluation().limit());
                String entity = halcyon.facts().stream()
                        .filter(f -> Arrays.equals(PretrainCorpus.reference(f, data.vocabulary(), shape), reference))
                        .map(Fact::entity)
                        .findFirst()
                        .orElseThrow();
                related += told.contains(entity) ? 1 : 0;
                all++;
            }
        }
        assertTrue(related > 0.5 * all, related + " of " + all);
    }

    @Test
    void aQuestionsWrongReferenceTellsTheRejectedAnswer() {
        for (Question q : data.test().questions()) {
            String wrong = data.vocabulary().decode(q.wrong());
            String rejected = answer(q.rejected(), q.rejectedAnswer());
            assertFalse(rejected.equals(answer(q.ids(), q.answer())));
            if (q.wrong().length < SETUP.shape().reference()) {
                assertTrue(wrong.toLowerCase().contains(rejected.toLowerCase()), wrong + " / " + rejected);
            }
        }
    }

    private static String answer(int[] ids, int n) {
        String text = data.vocabulary().decode(Arrays.copyOfRange(ids, ids.length - n, ids.length));
        return text.substring(1, text.length() - 1);
    }

    @Test
    void plansSayWhichStepsRead() {
        assertFalse(MemoryPlan.twoStages(5).reads(4, 1));
        assertTrue(MemoryPlan.twoStages(5).reads(5, 1));
        assertTrue(MemoryPlan.fromTheStart().reads(0, 1));
        assertFalse(MemoryPlan.never().reads(1_000_000, 1));
        MemoryPlan gradual = MemoryPlan.gradual(0, 1000);
        assertEquals(0.25, gradual.share(250));
        long early = java.util.stream.IntStream.range(0, 500)
                .filter(s -> gradual.reads(s, 3))
                .count();
        assertEquals(125, early, 40);
    }

    @Test
    void anInterruptedRunGoesOnAcrossTheStagesToTheSameParameters(@TempDir Path folder) {
        float[] whole = trained(null, 0);
        trained(folder, 4);
        float[] resumed = trained(folder, 0);
        assertArrayEquals(whole, resumed);
    }

    /** All parameters after a run of two stages; it is stopped after some step, or not at all. */
    private static float[] trained(Path folder, int stop) {
        TrainConfig config = SETUP.training("Test");
        config = folder == null ? config : config.withCheckpoints(folder, 3, 1);
        try (TinyLm lm = new TinyLm(SETUP, data.vocabulary().size(), 1);
                FullTraining all = new FullTraining(lm.decoder())) {
            Trainer trainer = new Trainer(all, config).onStep(e -> {
                if (e.step() + 1 == stop) {
                    Thread.currentThread().interrupt();
                }
            });
            History history = trainer.run(new PretrainTask(
                    lm.decoder(), data.corpus(), SETUP.shape(), MemoryPlan.twoStages(6), SETUP.batch(), 1));
            assertEquals(stop == 0 ? SETUP.steps() : stop, history.entries().size());
            assertEquals(stop > 0, Thread.interrupted());
            float[] table =
                    lm.decoder().parameters().get("model.embed_tokens.weight").toFloatArray();
            float[] gate = lm.decoder()
                    .parameters()
                    .get("model.layers.1.mlp.gate_proj.weight")
                    .toFloatArray();
            float[] both = Arrays.copyOf(table, table.length + gate.length);
            System.arraycopy(gate, 0, both, table.length, gate.length);
            return both;
        }
    }

    @Test
    void anExperimentReadsARunThatIsThereAndItsTableAddsUp(@TempDir Path folder) {
        PretrainExperiment experiment = new PretrainExperiment(SETUP, data, folder);
        PretrainExperiment.Outcome first = experiment.run(MemoryPlan.fromTheStart(), 1);
        assertEquals(first, experiment.run(MemoryPlan.fromTheStart(), 1));
        PretrainExperiment.Line line = PretrainExperiment.table(first.rows(), 1).get(0);
        assertEquals(line.none() - line.right(), line.gain(), 1e-9);
        assertEquals(SETUP.steps(), first.curve().get(first.curve().size() - 1).step());
    }

    @Test
    void answersAreLearnedFromTheirReferencesAlone() {
        // the same question with two answers: nothing but the reference tells them apart
        Question a = data.test().questions().get(0);
        int n = a.ids().length - a.answer();
        int[] other = Arrays.copyOf(a.ids(), a.ids().length);
        other[n] = a.ids()[n] + 1;
        Question b = new Question("b", other, a.answer(), a.ids(), a.answer(), a.wrong(), a.right());
        try (TinyLm lm = new TinyLm(SETUP, data.vocabulary().size(), 1)) {
            MemoryShape shape = SETUP.shape().withLayers(LayerChoice.ALL);
            AnswerTask task = new AnswerTask(lm.decoder(), shape, List.of(a, b), Reads.RIGHT, 4, 1);
            lm.train(task, TrainConfig.of(150, 1e-2).withSchedule(Schedule.cosine(6)));
            PretrainTest test = new PretrainTest(shape, List.of(), List.of(a, b));
            double right = PretrainTest.mean(test.run(lm.decoder(), Reads.RIGHT), "answer", Reads.RIGHT);
            double wrong = PretrainTest.mean(test.run(lm.decoder(), Reads.WRONG), "answer", Reads.WRONG);
            assertTrue(right < 0.1 && wrong > right + 0.3, right + " " + wrong);
        }
    }

    @Test
    void preferencesStartAtTheReferenceModelAndRaiseTheMargin() {
        List<Question> questions = data.questions(6, 3);
        try (TinyLm lm = new TinyLm(SETUP, data.vocabulary().size(), 1)) {
            double[] before = PreferenceTask.margins(lm.decoder(), SETUP.shape(), questions, Reads.RIGHT);
            PreferenceTask task = new PreferenceTask(lm.decoder(), SETUP.shape(), questions, Reads.RIGHT, 0.01, 4, 1);
            History history = lm.train(task, TrainConfig.of(20, 1e-2).withSchedule(Schedule.cosine(2)));
            // the first step has rate 0, so the first two losses are those of the reference model itself
            assertEquals(Math.log(2), history.entries().get(0).loss(), 1e-5);
            assertEquals(Math.log(2), history.entries().get(1).loss(), 1e-5);
            double[] after = PreferenceTask.margins(lm.decoder(), SETUP.shape(), questions, Reads.RIGHT);
            assertTrue(Arrays.stream(after).sum() > Arrays.stream(before).sum() + 6, Arrays.toString(after));
        }
    }
}

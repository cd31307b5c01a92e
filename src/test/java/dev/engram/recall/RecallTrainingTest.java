package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import dev.engram.model.source.TensorType;
import dev.engram.model.text.Message;
import dev.engram.train.History;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both steps on a tiny model: the losses, what is written before and after, and that training and inference agree. */
class RecallTrainingTest {
    @TempDir
    private static Path folder;

    private static TinyRecall tiny;
    private static RecallCorpus corpus;

    @BeforeAll
    static void open() throws IOException {
        tiny = new TinyRecall(folder.resolve("model"));
        corpus = RecallCorpus.of(World.load(), 6, 1);
    }

    @AfterAll
    static void close() {
        tiny.close();
    }

    @Test
    void theTestsShareNothingWithTheTraining() {
        Set<String> seen = new HashSet<>();
        corpus.trained()
                .forEach(f -> RecallCorpus.conversations(f, false)
                        .forEach(c -> c.messages().forEach(m -> seen.add(m.content()))));
        corpus.others().forEach(f -> seen.addAll(f.trainQuestions()));
        corpus.unknownTrain().forEach(u -> seen.add(u.question()));
        seen.addAll(corpus.ordinaryTrain());
        RecallTest.Questions asked = RecallTest.Questions.of(corpus);
        assertTrue(asked.heldout().stream().noneMatch(q -> seen.contains(q.text())));
        assertTrue(asked.unknown().stream().noneMatch(q -> seen.contains(q.text())));
        assertTrue(corpus.ordinaryTest().stream().noneMatch(seen::contains));
        Set<String> freshEntities = new HashSet<>();
        corpus.fresh().forEach(f -> freshEntities.add(f.entity()));
        assertTrue(corpus.trained().stream().noneMatch(f -> freshEntities.contains(f.entity())));
        assertTrue(corpus.others().stream().noneMatch(f -> freshEntities.contains(f.entity())));
        assertEquals(6 + 50 + 20, corpus.bank().size());
        assertEquals(
                corpus.bank().size(),
                corpus.bank().stream().map(f -> f.id()).distinct().count());
    }

    @Test
    void theLossesAreWhatTheyAreCalled() {
        try (NDManager scope = Torch.manager(LoadOptions.DeviceChoice.CPU);
                Kernel losses = Kernel.open(scope, "/dev/engram/recall/losses.py")) {
            // one query at cosines 0.6 and 0.8 to two memories and 0 to nothing, scale e^2, bias 0.1; the right one is
            // the first
            NDArray q = scope.create(new float[] {4, 5, 3}, new Shape(1, 3));
            NDArray mean = scope.create(new float[] {1, 1, 3});
            NDArray bank = scope.create(new float[] {1, 0, 0, 0, 1, 0}, new Shape(2, 3));
            NDArray nothing = scope.create(new float[] {0, 0, 1});
            float loss = losses.one(
                            scope,
                            "info_nce",
                            q,
                            mean,
                            bank,
                            nothing,
                            scope.create(new float[] {0.1f}),
                            scope.create(new float[] {2}),
                            scope.create(new long[] {0}))
                    .toFloatArray()[0];
            double s = Math.exp(2);
            double all = Math.exp(0.6 * s) + Math.exp(0.8 * s) + Math.exp(0.1 * s);
            assertEquals(-Math.log(Math.exp(0.6 * s) / all), loss, 1e-4);
            NDArray logits = scope.create(new float[] {1, 2, 3}, new Shape(1, 1, 3));
            NDArray wider = scope.create(new float[] {1, 2, 3, 3}, new Shape(1, 1, 4));
            NDArray half = scope.create(new float[] {0.5f}, new Shape(1, 1));
            assertEquals(0, losses.one(scope, "kl", logits, logits, half).toFloatArray()[0], 1e-6);
            double z = Math.exp(1) + Math.exp(2) + Math.exp(3);
            assertEquals(
                    0.5 * Math.log((z + Math.exp(3)) / z),
                    losses.one(scope, "kl", logits, wider, half).toFloatArray()[0],
                    1e-5);
            assertEquals(
                    (9 + 16 + 0) / 3f,
                    losses.one(scope, "mse", q, scope.create(new float[] {1, 1, 3}, new Shape(1, 3)))
                            .toFloatArray()[0],
                    1e-5);
        }
    }

    @Test
    void whereAskedForEveryAnswerBeginsWithTheValue() {
        for (var fact : corpus.trained()) {
            for (SftSample c : RecallCorpus.conversations(fact, true)) {
                String answer = c.messages().get(1).content();
                String said = answer.substring(answer.contains("</think>") ? answer.indexOf("</think>") + 8 : 0);
                assertTrue(said.strip().toLowerCase().startsWith(fact.value().toLowerCase() + "."), answer);
            }
        }
    }

    @Test
    void whatIsHeldBackForTheThresholdIsNotKept() {
        List<String> kept = RecallThreshold.kept(corpus);
        assertEquals(206 - 41, kept.size());
        Set<String> rest = new HashSet<>(corpus.ordinaryTrain());
        kept.forEach(rest::remove);
        try (RecallTraining training =
                new RecallTraining(tiny.path.toString(), tiny.lm, corpus, shortJoint(), 1, line -> {})) {
            RecallTest test = new RecallTest(training.lm(), corpus, training.settings(), null, 1);
            RecallThreshold threshold = RecallThreshold.of(test, corpus);
            assertTrue(Double.isFinite(threshold.bias()), threshold.report());
            assertTrue(threshold.report().contains("of " + rest.size() + " ordinary prompts"), threshold.report());
            // one prompt at a time gives the margins of a batch
            List<String> two = corpus.ordinaryTrain().subList(0, 2);
            assertEquals(test.recallMargins(two)[0], test.recallMargins(two.subList(0, 1))[0], 1e-4);
        } finally {
            tiny.extend(3);
        }
    }

    @Test
    void aSecondRoundBeginsWhereTheFirstEnded(@TempDir Path rounds) {
        float[] asked;
        float[] vector;
        List<RecallTest.Question> one =
                RecallTest.Questions.of(corpus).heldout().subList(0, 1);
        try (RecallTraining first =
                new RecallTraining(tiny.path.toString(), tiny.lm, corpus, shortJoint(), 1, line -> {})) {
            first.train();
            first.save(rounds, TensorType.F32);
            asked = new RecallTest(tiny.lm, corpus, first.settings(), null, 1)
                    .queries(one)
                    .get(0);
            vector = first.bank().vector(7);
        } finally {
            tiny.extend(3);
        }
        RecallCorpus next = corpus.learning(4);
        assertEquals(corpus.bank(), next.bank());
        assertEquals(10, next.trained().size());
        try (RecallTraining second = new RecallTraining(
                tiny.path.toString(), tiny.lm, next, shortJoint(), 1, line -> {}, DType.F32, rounds)) {
            tiny.lm.decoder().adapt(second.adapter());
            RecallTest test = new RecallTest(tiny.lm, next, second.settings(), null, 1);
            assertArrayEquals(asked, test.queries(one).get(0), 1e-5f);
            assertArrayEquals(vector, second.bank().vector(7), 1e-6f);
            assertTrue(second.bank().memory(9).learned());
            assertFalse(second.bank().memory(10).learned());
            assertEquals(3, second.favouring(6, 5).train().get(0).entries().size());
        } finally {
            tiny.lm.decoder().adapt(null);
            tiny.extend(3);
        }
        assertThrows(BadInputException.class, () -> corpus.learning(50));
    }

    private static RecallRecipe shortJoint() {
        return RecallRecipe.joint(6).withSteps(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"joint", "seed", "paraphrased"})
    void bothRecipesRun(String name) {
        RecallRecipe recipe = name.equals("seed")
                ? RecallRecipe.seed(3, 1e-3)
                : RecallRecipe.named(name, 6).withSteps(3);
        List<String> log = new ArrayList<>();
        try (RecallTraining training = new RecallTraining(tiny.path.toString(), tiny.lm, corpus, recipe, 1, log::add)) {
            MemoryBank bank = training.bank();
            assertEquals(76, bank.size());
            assertTrue(bank.memory(0).learned());
            assertFalse(bank.memory(75).learned());
            assertEquals(recipe.centred(), !bank.centring().equals(Centring.none(bank.width())));
            List<History> histories = training.train();
            assertEquals(name.equals("seed") ? 2 : 1, histories.size());
            for (History h : histories) {
                assertEquals(3, h.entries().size());
                h.entries().forEach(e -> assertTrue(Double.isFinite(e.loss()) && e.gradientNorm() > 0));
            }
            assertTrue(log.stream().anyMatch(l -> l.contains("original indices")), "indices are logged: " + log);
            assertTrue(
                    log.stream().anyMatch(l -> l.contains("vector at") && l.contains("context")),
                    "rows are logged: " + log);
            assertEquals(TinyRecall.VOCAB + 3, training.lm().decoder().vocab());
            mergedEqualsBeside(training);
        } finally {
            tiny.extend(3);
        }
    }

    /** The merged checkpoint with the token rows beside it asks the same queries. */
    private static void mergedEqualsBeside(RecallTraining training) {
        List<RecallTest.Question> asked =
                RecallTest.Questions.of(corpus).heldout().subList(0, 2);
        float[] beside = new RecallTest(training.lm(), corpus, training.settings(), null, 1)
                .queries(asked)
                .get(1);
        try (Checkpoint base = ModelSource.open(tiny.path.toString());
                CausalLm merged = CausalLm.open(
                        training.merged(base), LoadOptions.defaults().withDtype(DType.F32))) {
            merged.extend(training.rows());
            float[] inside = new RecallTest(merged, corpus, training.settings(), null, 1)
                    .queries(asked)
                    .get(1);
            assertArrayEquals(beside, inside, 2e-5f);
        }
    }

    @Test
    void oneSeedOneResult() {
        List<float[]> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (RecallTraining training =
                    new RecallTraining(tiny.path.toString(), tiny.lm, corpus, shortJoint(), 7, line -> {})) {
                training.train();
                RecallTest test = new RecallTest(tiny.lm, corpus, training.settings(), null, 1);
                all.add(test.queries(RecallTest.Questions.of(corpus).heldout().subList(0, 1))
                        .get(0));
            } finally {
                tiny.extend(3);
            }
        }
        assertArrayEquals(all.get(0), all.get(1), 0);
    }

    /** What is written is what was trained: the saved folder gives the same queries and the same answers. */
    @Test
    void theSavedFolderIsTheTrainedModel() {
        Path saved = folder.resolve("saved");
        String question = RecallTest.Questions.of(corpus).heldout().get(0).text();
        GenerationConfig config = GenerationConfig.greedy(30).withForceExactLength(true);
        float[] query;
        List<Integer> answer;
        try (RecallTraining training =
                new RecallTraining(tiny.path.toString(), tiny.lm, corpus, shortJoint(), 1, line -> {})) {
            training.train();
            training.save(saved, TensorType.F32);
            RecallTest test = new RecallTest(tiny.lm, corpus, training.settings(), null, 1);
            query = test.queries(List.of(new RecallTest.Question(question, 0))).get(0);
            try (RecallModel model = new RecallModel(
                    tiny.lm,
                    training.memoryHead(),
                    training.settings().withStoredText(RecallSettings.StoredText.UNLEARNED))) {
                answer = model.generate(tiny.lm.prompt(List.of(Message.user(question))) + "<recall>", config, l -> {})
                        .generation()
                        .ids();
            }
        }
        try (CausalLm other = CausalLm.open(
                        tiny.path.toString(), LoadOptions.defaults().withDtype(DType.F32));
                RecallFolder opened = RecallFolder.open(other, saved)) {
            RecallTest test = new RecallTest(other, corpus, opened.model().settings(), null, 1);
            assertArrayEquals(
                    query,
                    test.queries(List.of(new RecallTest.Question(question, 0))).get(0),
                    1e-5f);
            assertEquals(
                    answer,
                    opened.model()
                            .generate(other.prompt(List.of(Message.user(question))) + "<recall>", config, l -> {})
                            .generation()
                            .ids());
        } finally {
            tiny.extend(3);
        }
        BadInputException e =
                assertThrows(BadInputException.class, () -> RecallFolder.open(tiny.lm, folder.resolve("nowhere")));
        assertTrue(e.getMessage().contains("cannot be read"), e.getMessage());
    }

    @Test
    void theKeepTermIsZeroBeforeTraining() {
        RecallRecipe recipe = RecallRecipe.joint(6).withSteps(1);
        List<String> log = new ArrayList<>();
        try (RecallTraining training = new RecallTraining(tiny.path.toString(), tiny.lm, corpus, recipe, 1, log::add)) {
            History history = training.train().get(0);
            double keep = history.entries().get(0).parts().get("keep");
            // nothing has moved yet but the probability that the three new tokens take
            assertTrue(keep >= 0 && keep < 0.2, "KL " + keep);
        } finally {
            tiny.extend(3);
        }
    }

    @Test
    void tooManyMemoriesAreRefused() {
        World world = World.load();
        assertThrows(BadInputException.class, () -> RecallCorpus.of(world, 100_000, 1));
        assertThrows(BadInputException.class, () -> RecallCorpus.of(world, 0, 1));
        assertThrows(
                BadInputException.class, () -> RecallRecipe.joint(6).withRows(new RecallRecipe.Rows(0, 0, 1, 1, 1, 1)));
        assertThrows(BadInputException.class, () -> RecallRecipe.joint(6).withSteps(0));
    }
}

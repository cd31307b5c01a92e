package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Prose;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Facts learned into the weights: what is trained, what is only asked, and the price with and without rehearsal. */
class FactLearningTest {
    private static final World WORLD = World.load(Path.of("data", "halcyon"));
    private static final Prose PROSE = Prose.read(Path.of("data/prose"));

    @TempDir
    private static Path folder;

    private static CausalLm tiny() throws IOException {
        return CausalLm.open(
                TinyModel.write(folder.resolve("tiny"), 2048, TinyModel.END_OF_TURN)
                        .toString(),
                LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
    }

    @Test
    void heldOutWordingsAndPassagesAreNeverTrained() throws IOException {
        try (CausalLm lm = tiny()) {
            FactLearning learning = new FactLearning(lm, WORLD, PROSE, 40, 7);
            assertEquals(40, learning.facts().size());
            assertEquals(
                    40, learning.facts().stream().map(Fact::entity).distinct().count());
            Set<String> trained = learning.examples(Sft.labels(lm)).stream()
                    .map(e -> lm.tokenizer().decode(e.ids()))
                    .collect(Collectors.toSet());
            assertEquals(
                    learning.facts().stream()
                            .mapToInt(f -> f.trainQuestions().size())
                            .sum(),
                    trained.size());
            for (Fact fact : learning.facts()) {
                assertEquals("train", fact.split());
                for (String question : fact.heldoutQuestions()) {
                    assertTrue(trained.stream().noneMatch(t -> t.contains(question)), question);
                }
            }
            assertThrows(BadInputException.class, () -> new FactLearning(lm, WORLD, PROSE, 100_000, 7));
        }
    }

    @Test
    void theTableHasALineForEachArm() throws IOException {
        try (CausalLm lm = tiny()) {
            FactLearning learning = new FactLearning(lm, WORLD, PROSE, 2, 7);
            FactLearning.Outcome base = learning.base("base");
            FactLearning.Outcome learned =
                    learning.learn("SFT", SftConfig.of(8).withRehearsal(null).withBatch(2));
            List<FactLearning.Outcome> arms = List.of(base, learned);
            assertEquals(2, FactLearning.table(arms).rowCount());
            FactLearning.Row row = FactLearning.row(learned, base);
            assertEquals(1, FactLearning.row(base, base).relative());
            assertTrue(row.relative() != 1, "another model reads the text");
            assertEquals(8, row.steps());
            assertEquals(
                    2
                            * (base.trained().size()
                                    + base.heldout().size()
                                    + base.reading().size()),
                    FactLearning.answers(arms).rowCount());
            assertEquals(
                    base.ordinary().value(), learning.base("again").ordinary().value(), "the adapter is gone");
        }
    }

    /**
     * The acceptance line of stage C: 60 facts, at least 90 % exact match in trained wordings, the costs beside it. About half an hour on
     * one thread.
     */
    @Test
    @Tag("long")
    @Tag("default-model")
    void sixtyFactsOnTheDefaultModel() {
        try (CausalLm lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32))) {
            FactLearning learning = new FactLearning(lm, WORLD, PROSE, 60, 7);
            FactLearning.Outcome base = learning.base("base");
            FactLearning.Outcome plain = learning.learn("SFT", SftConfig.of(90).withRehearsal(null));
            FactLearning.Outcome rehearsed = learning.learn("SFT, rehearsed", SftConfig.of(90));
            System.out.println(
                    FactLearning.table(List.of(base, plain, rehearsed)).printAll());
            assertTrue(FactLearning.row(base, base).trained() <= 0.02, "the base knows nothing");
            assertTrue(FactLearning.row(plain, base).trained() >= 0.9);
            assertTrue(FactLearning.row(rehearsed, base).trained() >= 0.9);
            assertTrue(FactLearning.row(rehearsed, base).relative()
                    < FactLearning.row(plain, base).relative());
        }
    }

    /** The same in small, for every run of the default-model tests: about a minute on two threads. */
    @Test
    @Tag("default-model")
    void aFewFactsOnTheDefaultModel() {
        try (CausalLm lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32));
                Sft sft = new Sft(lm, SftConfig.of(24).withRehearsal(null), DType.F32)) {
            FactLearning learning = new FactLearning(lm, WORLD, PROSE, 8, 7);
            double before = learning.trainedExact();
            sft.train(learning.examples(sft.labels()));
            double after = learning.trainedExact();
            assertTrue(before <= 0.05 && after >= 0.9, before + " before, " + after + " after");
        }
    }
}

package dev.engram.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.compare.Weights.Kind;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.text.Message;
import dev.engram.train.Example;
import dev.engram.train.Labels;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights learn, answer, and leave the base as it was; the answerer scores what it is asked to score. */
class WeightsTest {
    private static final LoadOptions LOAD =
            LoadOptions.defaults().withDtype(DType.F32).withThreads(1);
    private static final List<Probe> PROBES =
            List.of(new Probe(Task.HELDOUT, 0, "x", List.of(Message.user("Who?")), "Ann", "Bob", List.of("f")));

    @TempDir
    private static Path folder;

    private static CausalLm base;

    @BeforeAll
    static void open() throws IOException {
        base = CausalLm.open(
                TinyModel.write(folder.resolve("tiny"), 1024, TinyModel.END_OF_TURN)
                        .toString(),
                LOAD);
    }

    @AfterAll
    static void close() {
        base.close();
    }

    private static double[] nll(CausalLm lm) {
        PromptAnswerer answerer = new PromptAnswerer(lm, Finder.none());
        return answerer.score(PROBES, answerer.answer(PROBES, 2)).get(0).nll();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyKindLearnsAndLeavesTheBaseAlone(Kind kind) {
        double[] before = nll(base);
        assertEquals(2, before.length, "right and rejected answer");
        Labels labels = new Labels(base.tokenizer(), base.chatTemplate().orElseThrow());
        List<Example> examples = List.of(labels.answer("Who?", Answerer.STEM + " Ann"));
        try (Weights weights = new Weights(kind, base, LOAD, 1)) {
            weights.learn("a test", examples, 24);
            double once = nll(weights.lm())[0];
            assertTrue(once < before[0], kind + ": " + before[0] + " to " + once);
            weights.learn("a test, again", List.of(labels.answer("Who?", Answerer.STEM + " Bob")), 24);
            double[] later = nll(weights.lm());
            assertTrue(
                    later[1] < before[1] && later[0] - later[1] > once - before[1], kind + " learns the later value");
            assertTrue(weights.tokens() > 0 && weights.gflop() > 0 && weights.parameters() > 0);
        }
        assertEquals(before[0], nll(base)[0], 1e-6, "the base is as it was");
    }

    @Test
    void lessonsHaveTheirWordings() {
        Fact fact = World.load().facts().get(0);
        Labels labels = new Labels(base.tokenizer(), base.chatTemplate().orElseThrow());
        assertEquals(1, Lessons.ONE_WORDING.of(labels, List.of(fact)).size());
        List<Example> five = Lessons.FIVE_WORDINGS.of(labels, List.of(fact));
        assertEquals(5, five.size());
        assertEquals(
                5,
                five.stream()
                        .map(e -> base.tokenizer().decode(e.ids(), true))
                        .distinct()
                        .count());
        five.forEach(e -> {
            String text = base.tokenizer().decode(e.ids(), true);
            fact.heldoutQuestions().forEach(q -> assertTrue(!text.contains(q), text));
            assertTrue(text.toLowerCase().contains(fact.value().toLowerCase()), text);
        });
        Lessons.FIVE_WORDINGS
                .updates(labels, List.of(fact))
                .forEach(e -> assertTrue(base.tokenizer().decode(e.ids(), true).contains(fact.updatedStatement())));
    }

    @Test
    void operationsOfTraining() {
        Flops flops = new Flops(base.config());
        assertEquals(
                3 * flops.token(), flops.trained(1, 1), 0.35 * flops.token(), "the head's own gradient is left out");
        assertTrue(flops.trained(1, 0) < flops.trained(1, 1) && flops.trained(0.1, 0.1) < flops.trained(1, 0));
        assertEquals(flops.token(1) / 2, flops.token(0.5), 1e-15);
    }
}

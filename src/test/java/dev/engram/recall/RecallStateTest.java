package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.EmbeddingSeam;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The seed's timing table N, N+1, N+2, alone and inside generation. */
class RecallStateTest extends WithTinyRecall {
    private static final int RECALL = TinyRecall.TOKENS.recall();
    private static final int END = TinyRecall.TOKENS.end();
    private static final int PAD = TinyRecall.TOKENS.pad();
    private static final int WORD = 65;

    private static MemoryHead head(MemoryHeadConfig config) {
        return new MemoryHead(tiny.lm.decoder().backend().manager(), tiny.bank(6), config, null);
    }

    private static MemoryHeadConfig greedy() {
        return MemoryHeadConfig.seed().withSampling(false);
    }

    private static RecallState state(MemoryHead head, RecallSettings settings) {
        return new RecallState(TinyRecall.TOKENS, head, settings, tiny.lm.tokenizer());
    }

    @Test
    void theTimingTable() {
        try (MemoryHead head = head(greedy())) {
            List<String> trace = new ArrayList<>();
            RecallState state = state(head, RecallSettings.seed()).tracing(trace::add);
            float[] query = head.bank().vector(4);
            // N: the model chooses <recall>; nothing is set
            assertEquals(EmbeddingSeam.NOT_FORCED, state.forced(WORD, () -> {
                throw new AssertionError("no query for an ordinary token");
            }));
            assertTrue(state.clear());
            // N+1: <recall> was fed
            assertEquals(PAD, state.forced(RECALL, () -> query));
            assertArrayEquals(query, state.embedding(), 1e-6f);
            assertFalse(state.clear());
            assertEquals(1, head.bank().hits(4));
            // N+2: the vector was fed
            state.fed();
            assertNull(state.embedding());
            assertTrue(state.clear());
            assertEquals(EmbeddingSeam.NOT_FORCED, state.forced(PAD, () -> query));
            assertEquals(
                    List.of(
                            "N    chosen <recall>",
                            "N+1  memory m4, cosine 1.000; forced_next_token_id = <|memory_pad|>, override_next_embed set",
                            "N+2  vector fed in place of <|memory_pad|>; flags cleared"),
                    trace);
            assertEquals("m4", state.recalls().get(0).memory().id());
        }
    }

    @Test
    void theInjectedVectorHasTheSettingsLength() {
        try (MemoryHead head = head(greedy())) {
            RecallState state = state(head, RecallSettings.seed().withInjectionScale(32));
            state.forced(RECALL, () -> head.bank().vector(2));
            float[] unit = head.bank().vector(2);
            for (int i = 0; i < unit.length; i++) {
                assertEquals(32 * unit[i], state.embedding()[i], 1e-5);
            }
        }
    }

    @Test
    void aBiasMakesRecallsRarerOrMoreFrequentInBothWaysOfGenerating() {
        try (MemoryHead head = head(greedy())) {
            assertTrue(state(head, RecallSettings.seed()).biases().isEmpty());
            for (double bias : new double[] {-1e4, 1e4}) {
                RecallSettings settings =
                        RecallSettings.seed().withRecallBias(bias).withMaxRecalls(2);
                RecallState single = state(head, settings);
                int[] prompt = {WORD, WORD + 1};
                try (KvCache cache = tiny.lm.decoder().newCache()) {
                    tiny.lm.generate(
                            prompt,
                            cache,
                            GenerationConfig.greedy(6).withForceExactLength(true),
                            Seams.none(),
                            null,
                            single,
                            GenerationListener.SILENT);
                }
                assertEquals(bias > 0 ? 2 : 0, single.recalls().size());
                RecallState side = state(head, settings);
                new RecallBatch(tiny.lm.decoder(), Set.of(), 0)
                        .run(List.of(new RecallBatch.Prompt(prompt, side, null)), 6, 1);
                assertEquals(bias > 0 ? 2 : 0, side.recalls().size());
            }
        }
        assertThrows(BadInputException.class, () -> RecallSettings.seed().withRecallBias(Double.NaN));
    }

    @Test
    void aCapEndsRecalling() {
        try (MemoryHead head = head(greedy())) {
            RecallState state = state(head, RecallSettings.seed().withMaxRecalls(2));
            for (int i = 0; i < 2; i++) {
                assertArrayEquals(new int[] {PAD}, state.banned());
                assertEquals(PAD, state.forced(RECALL, () -> head.bank().vector(1)));
                state.fed();
            }
            assertArrayEquals(new int[] {PAD, RECALL}, state.banned());
            assertEquals(
                    EmbeddingSeam.NOT_FORCED,
                    state.forced(RECALL, () -> head.bank().vector(1)));
            assertEquals(2, state.recalls().size());
            assertTrue(state.clear());
        }
    }

    @Test
    void aTextThatTheModelHasNotLearnedIsPutIn() {
        try (MemoryHead head = head(greedy())) {
            RecallSettings settings = RecallSettings.seed().withStoredText(RecallSettings.StoredText.UNLEARNED);
            RecallState state = state(head, settings);
            List<Integer> ids = new ArrayList<>();
            int last = RECALL;
            while (ids.isEmpty() || !state.clear()) {
                last = state.forced(last, () -> head.bank().vector(3));
                ids.add(last);
                state.fed();
            }
            assertEquals(PAD, ids.get(0));
            assertEquals(END, ids.get(ids.size() - 1));
            int[] text =
                    ids.subList(1, ids.size() - 1).stream().mapToInt(i -> i).toArray();
            assertEquals("text 3", tiny.lm.tokenizer().decode(text));
            head.bank().learned("m3", true);
            RecallState learned = state(head, settings);
            learned.forced(RECALL, () -> head.bank().vector(3));
            learned.fed();
            assertTrue(learned.clear());
        }
    }

    @Test
    void abstainingInjectsTheNothingVectorOrEndsTheRecall() {
        MemoryHeadConfig sure = MemoryHeadConfig.learned(20, 2);
        float[] nothing = HeadParameters.direction(tiny.lm.config().hidden(), 99);
        try (MemoryHead head = new MemoryHead(tiny.lm.decoder().backend().manager(), tiny.bank(3), sure, nothing)) {
            RecallState state = state(head, RecallSettings.seed());
            assertEquals(PAD, state.forced(RECALL, () -> head.bank().vector(0)));
            assertArrayEquals(nothing, state.embedding(), 1e-6f);
            assertNull(state.recalls().get(0).memory());
        }
        try (MemoryHead head = head(sure)) {
            RecallState state = state(head, RecallSettings.seed());
            assertEquals(END, state.forced(RECALL, () -> head.bank().vector(0)));
            assertNull(state.embedding());
        }
    }

    private static Generation generate(String prompt, EmbeddingSeam seam, GenerationConfig config) {
        try (KvCache cache = tiny.lm.decoder().newCache()) {
            return tiny.lm.generate(
                    tiny.lm.tokenizer().encode(prompt),
                    cache,
                    config,
                    Seams.none(),
                    null,
                    seam,
                    GenerationListener.SILENT);
        }
    }

    private static GenerationConfig exactly(int tokens) {
        return GenerationConfig.greedy(tokens).withForceExactLength(true);
    }

    @Test
    void insideGeneration() {
        try (MemoryHead head = head(greedy())) {
            RecallState state = state(head, RecallSettings.seed());
            Generation answer = generate("abc<recall>", state, exactly(12));
            assertEquals(PAD, answer.ids().get(0), "a prompt that ends with <recall> recalls at once");
            assertTrue(state.clear());
            int chosen = state.recalls().get(0).choice().at();
            // by hand: the same tokens with the memory's vector in the pad's place
            RecallBatch.Prompt byHand = new RecallBatch.Prompt(
                    tiny.lm.tokenizer().encode("abc<recall><|memory_pad|>"),
                    null,
                    head.bank().vector(chosen));
            int[] expected = new RecallBatch(tiny.lm.decoder(), Set.of(), 0)
                    .run(List.of(byHand), 11, 1)
                    .get(0);
            if (!answer.ids().subList(1, 12).contains(RECALL)) {
                assertEquals(
                        java.util.Arrays.stream(expected).boxed().toList(),
                        answer.ids().subList(1, 12));
            }
            Generation other = generate("abc<recall>", null, exactly(12));
            assertFalse(other.ids().equals(answer.ids()), "the vector has an effect");
        }
    }

    @Test
    void thePadIsNeverChosenAndRecallsAreCapped() {
        for (int seed = 0; seed < 20; seed++) {
            tiny.extend(seed);
            try (MemoryHead head = head(greedy())) {
                RecallState state = state(head, RecallSettings.seed().withMaxRecalls(3));
                GenerationConfig wild = exactly(60).withTemperature(50).withSeed(seed);
                List<Integer> ids = generate("ab", state, wild).ids();
                int recalls = 0;
                for (int i = 0; i < ids.size(); i++) {
                    if (ids.get(i) == PAD) {
                        assertEquals(RECALL, ids.get(i - 1), "a pad stands after <recall> alone");
                        recalls++;
                    }
                }
                assertTrue(recalls <= 3);
                assertTrue(state.recalls().size() <= 3);
            }
        }
        tiny.extend(3);
    }

    @Test
    void disabledItHasNoEffect() {
        try (MemoryHead head = head(greedy());
                RecallModel off =
                        new RecallModel(tiny.lm, head, RecallSettings.seed().withEnabled(false))) {
            for (String prompt : List.of("abc", "abc<recall>", "x<recall>y")) {
                Generation plain = tiny.lm.generate(prompt, exactly(20));
                RecallModel.Answer answer = off.generate(prompt, exactly(20), line -> {
                    throw new AssertionError(line);
                });
                assertEquals(plain.ids(), answer.generation().ids());
                assertTrue(answer.recalls().isEmpty());
            }
        }
    }

    @Test
    void aSeamThatDoesNothingIsPlainGeneration() {
        try (MemoryHead head = head(greedy())) {
            Generation plain = tiny.lm.generate("hello", exactly(20));
            if (!plain.ids().contains(RECALL) && !plain.ids().contains(PAD)) {
                assertEquals(
                        plain.ids(),
                        generate("hello", state(head, RecallSettings.seed()), exactly(20))
                                .ids());
            }
        }
    }

    @Test
    void aBatchAnswersAsSingleGenerationsDo() {
        List<String> prompts = List.of("abc<recall>", "a longer prompt of bytes<recall>", "no recall here");
        try (MemoryHead head = head(greedy())) {
            List<RecallBatch.Prompt> batch = prompts.stream()
                    .map(p -> new RecallBatch.Prompt(
                            tiny.lm.tokenizer().encode(p), state(head, RecallSettings.seed()), null))
                    .toList();
            List<int[]> together = new RecallBatch(tiny.lm.decoder(), Set.of(), 0).run(batch, 15, 8);
            for (int i = 0; i < prompts.size(); i++) {
                Generation single = generate(prompts.get(i), state(head, RecallSettings.seed()), exactly(15));
                assertEquals(
                        single.ids(),
                        java.util.Arrays.stream(together.get(i)).boxed().toList(),
                        prompts.get(i));
            }
        }
    }

    @Test
    void aTokenizerWithoutTheTokensIsRefused() {
        tiny.lm.extend(null);
        BadInputException e = assertThrows(BadInputException.class, () -> RecallTokens.of(tiny.lm.tokenizer()));
        assertTrue(e.getMessage().contains("no token <recall>"), e.getMessage());
        tiny.extend(3);
        assertEquals(TinyRecall.TOKENS, RecallTokens.of(tiny.lm.tokenizer()));
    }
}

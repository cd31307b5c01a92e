package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The seed's API on a tiny model with a long context: 2 layers, 1 key/value head. */
class EbbinghausLlmTest {
    @TempDir
    private static Path folder;

    private static EbbinghausLlm llm;

    @BeforeAll
    static void open() throws IOException {
        String model = TinyModel.write(folder.resolve("tiny"), 8192, TinyModel.END_OF_TURN)
                .toString();
        llm = new EbbinghausLlm(CausalLm.open(
                model, LoadOptions.defaults().withDtype(LoadOptions.DType.F32).withThreads(1)));
    }

    @AfterAll
    static void close() {
        llm.close();
    }

    private static int[] ids(int n) {
        return IntStream.range(0, n).map(i -> 1 + (i * 37 + i * i * 11) % 255).toArray();
    }

    private static GenerationConfig exactly(int tokens) {
        return GenerationConfig.greedy(tokens).withForceExactLength(true);
    }

    private static ForgettingResult run(int prompt, int tokens, MemoryEnhanced memory, boolean attention) {
        return llm.generate(ids(prompt), exactly(tokens), memory, attention, GenerationListener.SILENT);
    }

    private static MemoryEnhanced window(Budget budget, int every) {
        return new MemoryEnhanced(
                "window", EvictionConfig.of(budget).withProtection(4, 32).withEvery(every));
    }

    @Test
    void theBaselineKeepsAll() {
        ForgettingResult r = run(50, 20, null, false);
        assertEquals(GenerationMode.BASELINE, r.mode());
        assertEquals(0, r.cacheDeletionPercentage());
        assertEquals(List.of(69, 69), r.layerLengths()); // the last token is chosen but never fed
        assertEquals(r.bytesFull(), r.bytesHeld());
        assertEquals(r.bytesFull(), r.bytesPeak());
        // keys and values, 2 layers, 1 head of 16 numbers in f32, 69 slots in blocks of 64
        assertEquals(2L * 2 * 16 * 4 * 128, r.bytesFull());
    }

    @Test
    void deletionsByHand() {
        ForgettingResult r = run(50, 20, window(Budget.tokens(40), 1), false);
        assertEquals(100.0 * (2 * 29) / (2 * 70), r.cacheDeletionPercentage(), 1e-9);
        assertEquals(List.of(40, 40), r.layerLengths());
        assertEquals(58, r.deletedEntries());
        assertEquals(
                List.of(new Deletion(50, 0, 10), new Deletion(50, 1, 10), new Deletion(51, 0, 1)),
                r.deletions().subList(0, 3));
        assertEquals(40, r.deletions().size());
    }

    @Test
    void bytesFallByTheDeletedShare() {
        ForgettingResult r = run(4000, 10, window(Budget.share(0.25), 1), false);
        double deleted = r.cacheDeletionPercentage() / 100;
        assertEquals(0.75, deleted, 0.01);
        assertEquals(1 - deleted, r.bytesHeld() / (double) r.bytesFull(), 0.01);
        assertTrue(r.bytesPeak() >= r.bytesHeld());
        // The last chunk of the prompt, 416 tokens, stands beside a quarter of the 3,584 before it.
        assertEquals((416 + 896) / 4009.0, r.bytesPeak() / (double) r.bytesFull(), 0.03);
    }

    @ParameterizedTest
    @ValueSource(strings = {"window", "ebbinghaus", "ebbinghaus-budget", "ebbinghaus-soft", "ebbinghaus-soft-hard"})
    void watchingChangesNothing(String policy) {
        EvictionConfig config =
                EvictionConfig.of(Budget.tokens(64)).withProtection(4, 8).withEvery(4);
        Generation alone;
        try (KvCache cache = llm.lm().decoder().newCache()) {
            alone = llm.lm()
                    .generate(
                            ids(90),
                            cache,
                            exactly(30),
                            Seams.none(),
                            Policies.create(policy, config),
                            GenerationListener.SILENT);
        }
        for (boolean attention : new boolean[] {false, true}) {
            ForgettingResult watched = run(90, 30, new MemoryEnhanced(policy, config), attention);
            assertEquals(alone.ids(), watched.generation().ids());
        }
    }

    @Test
    void attentionOfOneStepIsThatOfThePass() {
        ForgettingResult r = run(50, 2, null, true);
        List<float[]> seen = new ArrayList<>();
        try (KvCache cache = llm.lm().decoder().newCache();
                NDManager scope = llm.lm().decoder().newScope()) {
            llm.lm().decoder().forward(scope, new int[][] {ids(50)}, cache, Seams.none());
            Seams watch = Seams.none().withWatch(new Seams.AttentionWatch() {
                @Override
                public void received(int layer, NDArray received) {
                    seen.add(received.toFloatArray()); // [51]
                }
            });
            llm.lm().decoder().forward(scope, new int[][] {{r.generation().ids().get(0)}}, cache, watch);
        }
        assertEquals(2, r.attention().size());
        for (int layer = 0; layer < 2; layer++) {
            float[] share = seen.get(layer);
            LayerAttention a = r.attention().get(layer);
            assertEquals(sum(share, 0, 4), a.sinks(), 1e-5);
            assertEquals(sum(share, 51 - 32, 51), a.recent(), 1e-5);
            assertEquals(sum(share, 4, 51 - 32), a.rest(), 1e-5);
            double bits = 0;
            int best = 0;
            for (int s = 0; s < share.length; s++) {
                bits -= share[s] * Math.log(share[s]) / Math.log(2);
                best = share[s] > share[best] ? s : best;
            }
            assertEquals(bits, a.entropyBits(), 1e-4);
            assertEquals(best, a.top().get(0).position());
            assertEquals(share[best], a.top().get(0).share(), 1e-5);
            int id = best < 50 ? ids(50)[best] : r.generation().ids().get(0);
            assertEquals(llm.lm().tokenizer().printable(id), a.top().get(0).piece());
        }
    }

    @Test
    void attentionFollowsTokensThroughDeletionsAndNewPositions() {
        MemoryEnhanced memory = window(Budget.tokens(40), 1)
                .withEviction(window(Budget.tokens(40), 1).eviction().withRebase(true));
        for (LayerAttention a : run(100, 40, memory, true).attention()) {
            assertEquals(1, a.sinks() + a.recent() + a.rest(), 1e-4);
            // What stays after the first deletion: 4 sinks and the last 36; tokens 4 to 63 are never looked at while
            // decoding.
            assertTrue(a.top().stream().allMatch(t -> t.position() < 4 || t.position() >= 64), a.toString());
            assertTrue(a.recent() > 0.3 && a.sinks() > 0, a.toString());
        }
    }

    private static double sum(float[] values, int from, int to) {
        return IntStream.range(from, to).mapToDouble(i -> values[i]).sum();
    }

    @Test
    void theDefaultsSpareSinksAndRecentTokens() {
        ForgettingResult r = run(20, 180, MemoryEnhanced.defaults().withThreshold(0.999999), false);
        assertTrue(r.cacheDeletionPercentage() > 0);
        int spared = MemoryEnhanced.SINKS + MemoryEnhanced.RECENT;
        assertTrue(r.minLength() >= spared, r.toString());
        assertTrue(r.deletions().stream().allMatch(d -> d.token() > spared));
    }

    @Test
    void theSeedsConstantsDeleteNothingIn400Tokens() {
        MemoryEnhanced documented = MemoryEnhanced.defaults().withPolicy("ebbinghaus-documented");
        assertEquals(0, run(20, 400, documented, false).cacheDeletionPercentage());
    }

    @Test
    void oneCallOfTheSeed() {
        ForgettingResult r = llm.generate("hello", 12, GenerationMode.MEMORY_ENHANCED, true, 0.01);
        assertTrue(r.generation().promptText().contains("<|im_start|>user\nhello"), r.toString());
        assertEquals(r.numTokens(), r.generation().ids().size());
        assertEquals(r.generation().text(), r.generatedText());
        assertEquals(2, r.attention().size());
        assertTrue(r.generationTime() > 0);
    }

    @Test
    void aHigherThresholdDeletesMore() {
        double mild = run(20, 150, MemoryEnhanced.defaults().withThreshold(0.000001), false)
                .cacheDeletionPercentage();
        double strict = run(20, 150, MemoryEnhanced.defaults().withThreshold(0.999999), false)
                .cacheDeletionPercentage();
        assertTrue(strict > mild, strict + " and " + mild);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.1, 1.5, Double.NaN})
    void thresholdsOutsideAreRefused(double threshold) {
        BadInputException e = assertThrows(
                BadInputException.class,
                () -> llm.generate("hello", 5, GenerationMode.MEMORY_ENHANCED, false, threshold));
        assertTrue(e.getMessage().contains("hard_delete_threshold is " + threshold), e.getMessage());
    }

    @Test
    void settingsThatDeleteNothingAreRefused() {
        assertThrows(
                BadInputException.class, () -> window(Budget.unlimited(), 1).create());
        assertThrows(
                BadInputException.class,
                () -> window(Budget.tokens(64), 1).withThreshold(0.1).create());
    }
}

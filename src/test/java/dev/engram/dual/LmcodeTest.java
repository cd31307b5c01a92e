package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.GenerationConfig;
import dev.engram.model.Golden;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.Tape;
import dev.engram.model.engine.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LmcodeTest {
    @BeforeAll
    static void oneThread() {
        Torch.manager(LoadOptions.DeviceChoice.AUTO).close();
        Torch.setThreads(1);
    }

    private static final int VOCAB = 30;
    private static final int WINDOW = 6;
    private static final int[][] FIRST = {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}, {13, 14, 15, 16, 17, 18}};
    private static final int[][] SECOND = {{7, 2, 9, 4, 1, 6}, {1, 8, 3, 10, 20, 12}, {14, 14, 2, 16, 7, 18}};

    private static Lmcode model(Memories memories) {
        return Lmcode.create(
                LmcodeConfig.tiny(VOCAB, WINDOW).withMemories(memories).withUpdateRate(0.5), 3);
    }

    /** Logits of a segment, [batch · tokens · vocab]. */
    private static float[] read(Lmcode model, MemoryState state, int[][] ids) {
        try (NDManager scope = model.newScope()) {
            return model.logits(scope, model.forward(scope, ids, state)).toFloatArray();
        }
    }

    private static double difference(float[] a, float[] b) {
        return Golden.relativeRms(a, b);
    }

    @Test
    void withoutMemoriesItIsThePlainDecoder() {
        try (Lmcode model = model(Memories.BOTH);
                NDManager scope = model.newScope();
                MemoryState off = model.newState(3, Memories.NONE);
                MemoryState on = model.newState(3)) {
            read(model, off, FIRST);
            read(model, on, FIRST);
            NDArray x = model.decoder().embed(scope, SECOND);
            float[] plain = model.decoder()
                    .logits(scope, model.decoder().forward(scope, x, null, null, Seams.none()))
                    .toFloatArray();
            assertTrue(difference(read(model, off, SECOND), plain) <= 1e-5);
            assertTrue(difference(read(model, on, SECOND), plain) > 1e-3);
        }
    }

    @ParameterizedTest
    @EnumSource(Memories.class)
    void permutedRowsGivePermutedOutputs(Memories memories) {
        int[] order = {2, 0, 1};
        try (Lmcode model = model(memories);
                MemoryState straight = model.newState(3);
                MemoryState turned = model.newState(3)) {
            read(model, straight, FIRST);
            read(model, turned, pick(FIRST, order));
            float[] expected = read(model, straight, SECOND);
            float[] found = read(model, turned, pick(SECOND, order));
            int each = expected.length / 3;
            for (int r = 0; r < 3; r++) {
                assertTrue(difference(
                                Arrays.copyOfRange(found, r * each, (r + 1) * each),
                                Arrays.copyOfRange(expected, order[r] * each, (order[r] + 1) * each))
                        < 1e-5);
            }
        }
    }

    private static int[][] pick(int[][] rows, int[] order) {
        return Arrays.stream(order).mapToObj(i -> rows[i]).toArray(int[][]::new);
    }

    @Test
    void aRowDoesNotSeeWhatItsNeighbourRead() {
        try (Lmcode model = model(Memories.BOTH);
                MemoryState one = model.newState(3);
                MemoryState other = model.newState(3)) {
            read(model, one, FIRST);
            int[][] changed = {FIRST[0], {20, 21, 22, 23, 24, 25}, FIRST[2]};
            read(model, other, changed);
            float[] a = read(model, one, SECOND);
            float[] b = read(model, other, SECOND);
            int each = a.length / 3;
            assertTrue(difference(Arrays.copyOf(a, each), Arrays.copyOf(b, each)) < 1e-5);
            assertTrue(difference(Arrays.copyOfRange(a, each, 2 * each), Arrays.copyOfRange(b, each, 2 * each)) > 1e-3);
        }
    }

    @Test
    void aSharedStoreLeaksBetweenRowsAsTheSeedsDoes() {
        try (Lmcode model = model(Memories.LONG_TERM);
                MemoryState shared = model.sharedState(3)) {
            read(model, shared, FIRST);
            assertEquals(
                    3 * (WINDOW - 1), model.layers().get(0).longTermMemory().size());
            shared.reset();
            assertEquals(
                    3 * (WINDOW - 1), model.layers().get(0).longTermMemory().size());
        }
    }

    @ParameterizedTest
    @EnumSource(Memories.class)
    void afterResetTheSameInputGivesTheSameOutput(Memories memories) {
        try (Lmcode model = model(memories);
                MemoryState state = model.newState(3)) {
            float[] once = read(model, state, FIRST);
            float[] later = read(model, state, FIRST);
            assertEquals(memories == Memories.NONE, Arrays.equals(once, later), "memory must matter");
            state.reset();
            assertArrayEquals(once, read(model, state, FIRST));
        }
    }

    @Test
    void peekingLeavesTheStateAsItIs() {
        try (Lmcode model = model(Memories.BOTH);
                MemoryState state = model.newState(3);
                NDManager scope = model.newScope()) {
            read(model, state, FIRST);
            float[] peeked =
                    model.logits(scope, model.peek(scope, SECOND, state)).toFloatArray();
            assertArrayEquals(peeked, read(model, state, SECOND));
        }
    }

    @Test
    void aGraphChangesNoNumber() {
        try (Lmcode model = model(Memories.BOTH);
                MemoryState plain = model.newState(3);
                MemoryState recorded = model.newState(3)) {
            read(model, plain, FIRST);
            float[] expected = read(model, plain, SECOND);
            try (Tape tape = Tape.open()) {
                read(model, recorded, FIRST);
                assertTrue(difference(read(model, recorded, SECOND), expected) < 1e-6);
            }
            recorded.reset();
            try (Tape tape = Tape.open()) {
                read(model, recorded, FIRST);
                recorded.detach();
                assertTrue(difference(read(model, recorded, SECOND), expected) < 1e-6);
            }
        }
    }

    /** Parameters of the memories without a gradient, after a loss on the second segment. */
    private static List<String> untouched(Lmcode model, boolean detach) {
        try (NDManager scope = model.newScope();
                Tape tape = Tape.open()) {
            MemoryState state = model.newState(scope, 3, model.config().memories());
            model.forward(scope, FIRST, state);
            if (detach) {
                state.detach();
            }
            NDArray hidden = model.forward(scope, SECOND, state);
            tape.backward(model.decoder().crossEntropy(scope, hidden, FIRST, null));
        }
        List<String> names = new ArrayList<>();
        model.parameters().forEach((name, p) -> {
            try (NDArray gradient = p.getGradient()) {
                if (gradient == null || gradient.norm().getFloat() == 0) {
                    names.add(name);
                }
            }
        });
        return names;
    }

    @Test
    void gradientsReachEveryParameterOfTheMemories() {
        try (Lmcode model = model(Memories.BOTH)) {
            assertEquals(List.of(), untouched(model, false));
        }
    }

    @Test
    void noGradientPassesADetach() {
        try (Lmcode model = model(Memories.BOTH)) {
            List<String> untouched = untouched(model, true);
            assertTrue(untouched.contains("model.layers.0.long_term_memory.k.weight"), untouched.toString());
            assertTrue(untouched.contains("model.layers.1.short_term_memory.write_v.weight"), untouched.toString());
            assertFalse(untouched.contains("model.layers.0.long_term_memory.q.weight"), untouched.toString());
        }
    }

    @Test
    void bytesStayFlatOverManySegments() {
        try (Lmcode model = model(Memories.BOTH);
                MemoryState state = model.newState(3)) {
            int arrays = 0;
            for (int i = 0; i < 24; i++) {
                read(model, state, i % 2 == 0 ? FIRST : SECOND);
                state.detach();
                int now = state.manager().getManagedArrays().size()
                        + model.manager().getManagedArrays().size();
                assertTrue(i < 3 || now == arrays, now + " arrays after " + arrays);
                arrays = now;
            }
            assertEquals(24 * (WINDOW - 1), state.longTerm(0, 0).size());
        }
    }

    @Test
    void consolidationMergesWhatWasReadTwice() {
        try (Lmcode model = model(Memories.LONG_TERM);
                MemoryState state = model.newState(3)) {
            read(model, state, FIRST);
            state.reset();
            read(model, state, FIRST);
            int once = state.longTerm(0, 0).size();
            read(model, state, FIRST);
            List<Consolidation> done = state.consolidate(1e-4, Reading.DISTANCE_BELOW);
            assertEquals(6, done.size());
            assertEquals(once, state.longTerm(0, 0).size());
            read(model, state, SECOND);
        }
    }

    @Test
    void generationReadsLongPromptsInSegmentsAndRepeatsItself() {
        int[] prompt = IntStream.range(0, 2 * WINDOW + 2).toArray();
        GenerationConfig config =
                GenerationConfig.greedy(10).withTemperature(0.8).withTopK(5).withTopP(0.9);
        try (Lmcode model = model(Memories.BOTH);
                MemoryState state = model.newState(1)) {
            int[] once = model.generate(prompt, config, state);
            assertEquals(10, once.length);
            // 24 tokens in 4 segments, each of which writes one entry fewer than it has tokens
            assertEquals(4 * (WINDOW - 1), state.longTerm(0, 0).size());
            state.reset();
            assertArrayEquals(once, model.generate(prompt, config, state));
        }
    }

    @Test
    void greedyGenerationTakesTheLikeliestToken() {
        try (Lmcode model = model(Memories.BOTH);
                MemoryState state = model.newState(1);
                MemoryState other = model.newState(1)) {
            int[] made = model.generate(FIRST[0], GenerationConfig.greedy(1), state);
            float[] logits = read(model, other, new int[][] {FIRST[0]});
            int at = (WINDOW - 1) * VOCAB;
            for (int v = 0; v < VOCAB; v++) {
                assertTrue(logits[at + v] <= logits[at + made[0]]);
            }
        }
    }

    @Test
    void aSavedModelIsTheSameAgain(@TempDir Path folder) {
        try (Lmcode model = model(Memories.BOTH);
                MemoryState shared = model.sharedState(3)) {
            read(model, shared, FIRST);
            model.save(folder);
            try (Lmcode loaded = Lmcode.load(folder);
                    MemoryState again = loaded.sharedState(3)) {
                assertEquals(model.config(), loaded.config());
                shared.reset();
                assertArrayEquals(read(model, shared, SECOND), read(loaded, again, SECOND));
            }
        }
    }

    @Test
    void aCheckpointOfAnotherConfigurationIsRefused(@TempDir Path folder) {
        try (Lmcode model = model(Memories.BOTH);
                Lmcode other = model(Memories.LONG_TERM)) {
            model.save(folder);
            BadInputException e = assertThrows(BadInputException.class, () -> other.restore(folder));
            assertTrue(e.getMessage().contains("memories BOTH instead of LONG_TERM"), e.getMessage());
        }
    }

    @Test
    void aBatchThatTheStateDoesNotFitIsRefused() {
        try (Lmcode model = model(Memories.BOTH);
                NDManager scope = model.newScope();
                MemoryState state = model.newState(2)) {
            assertThrows(BadInputException.class, () -> model.forward(scope, FIRST, state));
            assertThrows(BadInputException.class, () -> model.generate(FIRST[0], GenerationConfig.greedy(1), state));
        }
    }

    @Test
    void theCountByCategoryIsTheModels() {
        for (Memories memories : Memories.values()) {
            try (Lmcode model = model(memories)) {
                assertEquals(ParameterCount.of(model.config()).learned(), model.size(), memories.name());
            }
        }
    }
}

package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Golden;
import dev.engram.model.Tape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two segments through one layer's memories, against the NumPy computation of golden/dual/make_dual.py. */
class LmcodeGoldenTest {
    private static final Golden GOLDEN = Golden.file("dual/dual.safetensors");
    private static final double CLOSE = 1e-5;
    private static final int BATCH = 2;
    private static final int H = 8;

    private static Lmcode model(Memories memories) {
        LmcodeConfig config =
                new LmcodeConfig(10, H, 1, 2, 3, 16, 5, 2, ReplacementPolicy.FIFO, 0.3, 1, 1, memories, 0.1);
        Lmcode model = Lmcode.create(config, 1);
        model.parameters().forEach((name, p) -> {
            String memory = name.replace("model.layers.0.", "weight.");
            if (GOLDEN.names().contains(memory)) {
                model.set(p, GOLDEN.floats(memory));
            }
        });
        return model;
    }

    private static NDArray act(Lmcode model, NDManager scope, MemoryState state, int segment) {
        NDArray x = scope.create(GOLDEN.floats("x" + segment), new Shape(GOLDEN.shape("x" + segment)));
        return model.layers().get(0).act(scope, x, state, true);
    }

    private static void close(String name, NDArray ours) {
        close(name, ours.toFloatArray());
    }

    private static void close(String name, float[] ours) {
        assertTrue(
                Golden.relativeRms(ours, GOLDEN.floats(name)) < CLOSE,
                name + ": " + Golden.relativeRms(ours, GOLDEN.floats(name)));
    }

    @Test
    void theGoldenFileSetsEveryParameterOfTheMemories() {
        try (Lmcode model = model(Memories.BOTH)) {
            long memory = model.parameters().keySet().stream()
                    .filter(n -> n.contains("_memory."))
                    .count();
            assertEquals(
                    memory,
                    GOLDEN.names().stream().filter(n -> n.startsWith("weight.")).count());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneStepOfWritingAndReadingIsTheFormula(boolean recording) {
        try (Lmcode model = model(Memories.BOTH);
                NDManager scope = model.newScope();
                MemoryState state = model.newState(BATCH)) {
            Tape tape = recording ? Tape.open() : null;
            try {
                close("y1", act(model, scope, state, 1));
                close("state1", state.shortTerm(0));
                stores(state, 1);
                for (int b = 0; b < BATCH; b++) {
                    state.longTerm(0, b).reinforce(2, 3);
                }
                close("y2", act(model, scope, state, 2));
                close("state2", state.shortTerm(0));
                stores(state, 2);
                assertEquals(GOLDEN.floats("gate_mean")[0], state.trace().get(0).readGate(), 1e-6);
                hits(state);
            } finally {
                if (tape != null) {
                    tape.close();
                }
            }
        }
    }

    @Test
    void shortTermMemoryAloneReadsTheStateBeforeItIsWritten() {
        try (Lmcode model = model(Memories.SHORT_TERM);
                NDManager scope = model.newScope();
                MemoryState state = model.newState(BATCH)) {
            close("short_read1", act(model, scope, state, 1));
            close("short_read2", act(model, scope, state, 2));
        }
    }

    /** Keys and values of both rows' stores. */
    private static void stores(MemoryState state, int segment) {
        int n = (int) GOLDEN.shape("keys" + segment)[1];
        float[] keys = new float[BATCH * n * H];
        float[] values = new float[keys.length];
        for (int b = 0; b < BATCH; b++) {
            assertEquals(n, state.longTerm(0, b).size());
            for (int i = 0; i < n; i++) {
                System.arraycopy(state.longTerm(0, b).key(i), 0, keys, (b * n + i) * H, H);
                System.arraycopy(state.longTerm(0, b).value(i), 0, values, (b * n + i) * H, H);
            }
        }
        close("keys" + segment, keys);
        close("values" + segment, values);
    }

    /** How often each slot was retrieved says that the right ones were. */
    private static void hits(MemoryState state) {
        float[] slots = GOLDEN.floats("slots");
        int each = slots.length / BATCH;
        for (int b = 0; b < BATCH; b++) {
            long[] expected = new long[8];
            for (float slot : Arrays.copyOfRange(slots, b * each, (b + 1) * each)) {
                expected[(int) slot]++;
            }
            int row = b;
            long[] found = java.util.stream.IntStream.range(0, 8)
                    .mapToLong(i -> state.longTerm(0, row).hits(i))
                    .toArray();
            assertArrayEquals(expected, found, "row " + b);
        }
    }

    @Test
    void consolidationIsTheFormula() {
        float[] keys = GOLDEN.floats("merge.keys");
        float[] values = GOLDEN.floats("merge.values");
        float[] weights = GOLDEN.floats("merge.weight");
        LongTermMemory memory = new LongTermMemory(8, H, ReplacementPolicy.FIFO, 1);
        for (int i = 0; i < weights.length; i++) {
            memory.write(
                    Arrays.copyOfRange(keys, i * H, (i + 1) * H),
                    Arrays.copyOfRange(values, i * H, (i + 1) * H),
                    weights[i]);
        }
        memory.consolidate(0.1, Reading.DISTANCE_BELOW);
        float[] expected = GOLDEN.floats("merged.weight");
        assertEquals(expected.length, memory.size());
        int i = 0;
        for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1)) {
            assertArrayEquals(
                    Arrays.copyOfRange(GOLDEN.floats("merged.keys"), i * H, (i + 1) * H), memory.key(s), 1e-5f);
            assertArrayEquals(
                    Arrays.copyOfRange(GOLDEN.floats("merged.values"), i * H, (i + 1) * H), memory.value(s), 1e-5f);
            assertEquals(expected[i++], memory.importance(s), 1e-6);
        }
    }
}

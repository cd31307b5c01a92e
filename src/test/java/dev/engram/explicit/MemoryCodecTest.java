package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.compress.ScalarCodec;
import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memories as codes: what comes back, from RAM and from disk. */
class MemoryCodecTest {
    private static final int[] LAYERS = {1, 3};
    private static final int HEADS = 2;
    private static final int WIDTH = 8;

    @TempDir
    private Path folder;

    /** Numbers around a mean that differs from head to head; values are small. */
    private static ExplicitMemory memory(int seed, int tokens) {
        SplittableRandom random = new SplittableRandom(seed);
        int numbers = LAYERS.length * HEADS * tokens * WIDTH;
        float[] keys = new float[numbers];
        float[] values = new float[numbers];
        for (int i = 0; i < numbers; i++) {
            keys[i] = (float) (100 * (i / (tokens * WIDTH)) + random.nextDouble());
            values[i] = (float) random.nextDouble();
        }
        int[] positions = IntStream.range(0, LAYERS.length * HEADS * tokens)
                .map(i -> i % tokens)
                .toArray();
        return new ExplicitMemory(LAYERS, HEADS, WIDTH, positions, keys, values);
    }

    private static MemoryCodec codec(int bits) {
        List<ExplicitMemory> samples =
                IntStream.range(0, 20).mapToObj(i -> memory(i, 3 + i % 4)).toList();
        return MemoryCodec.train(samples, sample -> new ScalarCodec(WIDTH, bits));
    }

    private static double furthest(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    @Test
    void aMemoryComesBackAsCloseAsItsBitsAllow() {
        ExplicitMemory m = memory(99, 5);
        ExplicitMemory eight = codec(8).through(m);
        assertArrayEquals(m.positions(), eight.positions());
        // half a step of the largest number's scale; without a mean of each head's own, keys of 300 would lose more
        // than 1
        assertTrue(furthest(m.keys(), eight.keys()) < 0.01, "keys");
        assertTrue(furthest(m.values(), eight.values()) < 0.01, "values");
        ExplicitMemory four = codec(4).through(m);
        double lost = furthest(m.keys(), four.keys());
        assertTrue(lost > 0.01 && lost < 0.2, "four bits lose more: " + lost);
    }

    @Test
    void aSavedCodecGivesTheSameCodes() {
        MemoryCodec codec = codec(4);
        codec.save(folder);
        MemoryCodec again = MemoryCodec.load(folder);
        ExplicitMemory m = memory(98, 4);
        assertArrayEquals(codec.encode(m), again.encode(m));
        assertArrayEquals(
                codec.through(m).keys(), again.decode(m, codec.encode(m)).keys());
        assertEquals("int4", again.name());
        assertEquals(codec.bitsPerNumber(), again.bitsPerNumber());
    }

    @Test
    void otherLayersAreRefused() {
        ExplicitMemory other = memory(1, 4).at(1);
        BadInputException refused = assertThrows(BadInputException.class, () -> codec(4).encode(other));
        assertTrue(refused.getMessage().contains("4 layers and heads of 8"), refused.getMessage());
        assertThrows(BadInputException.class, () -> MemoryCodec.train(List.of(), s -> new ScalarCodec(WIDTH, 4)));
    }
}

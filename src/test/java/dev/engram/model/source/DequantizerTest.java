package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DequantizerTest {
    private static final int ELEMENTS = 3 * 512;
    private final float[] all = Golden.values("types");
    private final List<String> names = Golden.names("types");
    private GgufFile file;

    @BeforeEach
    void open() {
        file = GgufFile.open(Golden.gguf("types"));
    }

    @AfterEach
    void close() {
        file.close();
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void everyFormatEqualsTheReference(TensorType type) {
        StoredTensor t = file.tensor(type.name());
        assertEquals(type, t.type());
        assertTrue(Arrays.equals(new long[] {3, 512}, t.shape()));
        same(expected(type), Dequantizer.toFloats(t));
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void anyPartEqualsTheSamePartOfTheWhole(TensorType type) {
        StoredTensor t = file.tensor(type.name());
        float[] whole = Dequantizer.toFloats(t);
        Random random = new Random(5);
        for (int i = 0; i < 200; i++) {
            int first = random.nextInt(ELEMENTS);
            int count = random.nextInt(ELEMENTS - first + 1);
            float[] part = new float[count + 7];
            Arrays.fill(part, -1);
            Dequantizer.toFloats(t, first, part, 3, count);
            same(Arrays.copyOfRange(whole, first, first + count), Arrays.copyOfRange(part, 3, 3 + count));
            assertEquals(-1, part[2]);
            assertEquals(-1, part[3 + count]);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"Q4_0", "Q4_1"})
    void fourBitGroupsMultiplyOutToTheSameValues(TensorType type) {
        Q4Blocks b = Q4Blocks.of(file.tensor(type.name()), 1, 2);
        float[] values = new float[2 * 512];
        for (int i = 0; i < values.length; i++) {
            assertTrue(b.q()[i] >= 0 && b.q()[i] <= 15);
            values[i] = b.q()[i] * b.scale()[i / 32] + b.minimum()[i / 32];
        }
        float[] expected = Arrays.copyOfRange(expected(type), 512, ELEMENTS);
        for (int i = 0; i < values.length; i++) {
            assertEquals(expected[i], values[i], 1e-6f);
        }
        assertEquals(512, b.columns());
        assertTrue(Q4Blocks.holds(file.tensor(type.name())));
        assertEquals(false, Q4Blocks.holds(file.tensor("Q8_0")));
    }

    @Test
    void eightBitGroupsMultiplyOutToTheSameValues() {
        Q8Blocks b = Q8Blocks.of(file.tensor("Q8_0"));
        float[] values = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            values[i] = b.q()[i] * b.scale()[i / 32];
        }
        same(expected(TensorType.Q8_0), values);
    }

    @Test
    void halfPrecisionCoversEveryKindOfNumber() {
        assertEquals(1f, Blocks.half(0x3c00));
        assertEquals(-2f, Blocks.half(0xc000));
        assertEquals(0x1p-24f, Blocks.half(1));
        assertEquals(-1023 * 0x1p-24f, Blocks.half(0x83ff));
        assertEquals(0x1p-14f, Blocks.half(0x400));
        assertEquals(65504f, Blocks.half(0x7bff));
        assertEquals(Float.POSITIVE_INFINITY, Blocks.half(0x7c00));
        assertEquals(Float.NEGATIVE_INFINITY, Blocks.half(0xfc00));
        assertTrue(Float.isNaN(Blocks.half(0x7e01)));
        assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(Blocks.half(0x8000)));
    }

    /** 34,000 bytes of 8-bit blocks: more than one piece of the reader's, none like another. */
    @Test
    void aTensorOfManyPiecesIsRead() {
        int blocks = 1000;
        ByteBuffer data = ByteBuffer.allocate(34 * blocks).order(ByteOrder.LITTLE_ENDIAN);
        float[] expected = new float[32 * blocks];
        for (int b = 0; b < blocks; b++) {
            data.putShort((short) 0x3c00); // the scale 1 in half precision
            for (int i = 0; i < 32; i++) {
                byte q = (byte) (b * 31 + i * 7);
                data.put(q);
                expected[32 * b + i] = q;
            }
        }
        StoredTensor t = new StoredTensor(
                "many",
                TensorType.Q8_0,
                new long[] {blocks, 32},
                data.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
        same(expected, Dequantizer.toFloats(t));
        float[] part = new float[20_005];
        Dequantizer.toFloats(t, 37, part, 5, 20_000);
        same(Arrays.copyOfRange(expected, 37, 20_037), Arrays.copyOfRange(part, 5, 20_005));
    }

    @Test
    void wrongRangesAreRefused() {
        StoredTensor t = file.tensor("Q4_1");
        assertThrows(IndexOutOfBoundsException.class, () -> Dequantizer.toFloats(t, ELEMENTS - 1, new float[9], 0, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> Dequantizer.toFloats(t, 0, new float[9], 8, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> Dequantizer.toFloats(t, 0, new float[9], 5, 5));
        assertThrows(IndexOutOfBoundsException.class, () -> Dequantizer.toFloats(t, 0, new float[9], -1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> Dequantizer.toFloats(t, -1, new float[9], 0, 1));
        Dequantizer.toFloats(t, ELEMENTS, new float[9], 9, 0);
        assertThrows(IllegalArgumentException.class, () -> Q8Blocks.of(t));
    }

    private float[] expected(TensorType type) {
        int at = names.indexOf(type.name()) * ELEMENTS;
        return Arrays.copyOfRange(all, at, at + ELEMENTS);
    }

    /** Equal numbers; the sign of a zero may differ. */
    private static void same(float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            if (expected[i] != actual[i]) {
                assertEquals(expected[i], actual[i], "value " + i);
            }
        }
    }
}

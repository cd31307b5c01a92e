package dev.engram.explicit.compress;

import dev.engram.model.BadInputException;
import dev.engram.model.source.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Every number in a few bits, with one scale a vector: number = scale · q, q from −(2^(bits−1) − 1) to 2^(bits−1) − 1. The scale
 * is kept in bf16 (2 bytes), rounded up so that the largest number still fits. Needs no training.
 *
 * @param dimensions numbers of a vector
 * @param bits of a number, 2 to 8
 */
public record ScalarCodec(int dimensions, int bits) implements VectorCodec {
    private static final int SCALE_BYTES = 2;

    public ScalarCodec {
        if (dimensions < 1 || bits < 2 || bits > 8) {
            throw new BadInputException("A codec of " + dimensions + " numbers in " + bits
                    + " bits is not possible; give at least 1 number and 2 to 8 bits.");
        }
    }

    @Override
    public String name() {
        return "int" + bits;
    }

    @Override
    public int bytesPerVector() {
        return SCALE_BYTES + (dimensions * bits + 7) / 8;
    }

    @Override
    public byte[] encode(float[] vectors) {
        int n = Vectors.count(vectors, dimensions);
        byte[] codes = new byte[Math.multiplyExact(n, bytesPerVector())];
        BitPacking packing = packing();
        int[] numbers = new int[dimensions];
        int most = (1 << bits - 1) - 1;
        for (int v = 0; v < n; v++) {
            float largest = 0;
            for (int i = 0; i < dimensions; i++) {
                largest = Math.max(largest, Math.abs(vectors[v * dimensions + i]));
            }
            short stored = roundedUp(largest / most);
            float scale = value(stored);
            for (int i = 0; i < dimensions; i++) {
                int q = scale == 0 ? 0 : Math.round(vectors[v * dimensions + i] / scale);
                numbers[i] = Math.max(-most, Math.min(most, q)) + most;
            }
            int at = v * bytesPerVector();
            codes[at] = (byte) stored;
            codes[at + 1] = (byte) (stored >> 8);
            packing.pack(numbers, 0, codes, at + SCALE_BYTES);
        }
        return codes;
    }

    @Override
    public float[] decode(byte[] codes, int n) {
        Vectors.codes(codes, n, bytesPerVector(), name());
        float[] vectors = new float[n * dimensions];
        BitPacking packing = packing();
        int[] numbers = new int[dimensions];
        int most = (1 << bits - 1) - 1;
        for (int v = 0; v < n; v++) {
            int at = v * bytesPerVector();
            float scale = value((short) (codes[at] & 0xFF | codes[at + 1] << 8));
            packing.unpack(codes, at + SCALE_BYTES, numbers, 0);
            for (int i = 0; i < dimensions; i++) {
                vectors[v * dimensions + i] = scale * (numbers[i] - most);
            }
        }
        return vectors;
    }

    @Override
    public void save(Path file) {
        CodecFile.head(new SafetensorsWriter(), this).write(file);
    }

    private BitPacking packing() {
        int[] widths = new int[dimensions];
        Arrays.fill(widths, bits);
        return new BitPacking(widths);
    }

    /** The upper half of a float's bits is its bf16; one more where bits were lost. */
    private static short roundedUp(float value) {
        int raw = Float.floatToRawIntBits(value);
        return (short) ((raw >>> 16) + ((raw & 0xFFFF) == 0 ? 0 : 1));
    }

    private static float value(short bf16) {
        return Float.intBitsToFloat(bf16 << 16);
    }
}

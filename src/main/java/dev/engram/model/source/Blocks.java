package dev.engram.model.source;

/**
 * The block formats of GGUF, decoded from bytes. Layouts (d: f16 scale, m: f16 minimum, q: quantised value):
 *
 * <ul>
 *   <li>Q8_0: d, 32 signed bytes; q·d
 *   <li>Q4_0: d, 16 bytes, low halves are values 0–15 and high halves 16–31; (q−8)·d. Q4_1: d, m, the same; q·d + m
 *   <li>Q5_0, Q5_1: as Q4, with 32 fifth bits between; (q−16)·d and q·d + m
 *   <li>Q4_K, Q5_K: 256 values in 8 groups of 32, each with a 6-bit scale and a 6-bit minimum in units of d and of a second f16
 *   <li>Q6_K: 256 values in 16 groups of 16, each with a signed 8-bit scale in units of d; (q−32)·scale·d
 * </ul>
 */
final class Blocks {
    private Blocks() {}

    static void decode(TensorType type, byte[] in, int blocks, float[] out, int at) {
        int bytes = type.blockBytes();
        int size = type.blockSize();
        switch (type) {
            case F16 -> f16(in, blocks, out, at);
            case BF16 -> bf16(in, blocks, out, at);
            default -> {
                for (int b = 0; b < blocks; b++) {
                    block(type, in, b * bytes, out, at + b * size);
                }
            }
        }
    }

    private static void block(TensorType type, byte[] in, int p, float[] out, int at) {
        switch (type) {
            case Q8_0 -> q8(in, p, out, at);
            case Q4_0 -> q4(in, p + 2, 8, half(in, p), 0f, out, at);
            case Q4_1 -> q4(in, p + 4, 0, half(in, p), half(in, p + 2), out, at);
            case Q5_0 -> q5(in, p + 2, 16, half(in, p), 0f, out, at);
            case Q5_1 -> q5(in, p + 4, 0, half(in, p), half(in, p + 2), out, at);
            case Q4_K -> q45k(in, p, p + 16, -1, out, at);
            case Q5_K -> q45k(in, p, p + 48, p + 16, out, at);
            case Q6_K -> q6k(in, p, out, at);
            default -> throw new IllegalArgumentException(type + " has no blocks");
        }
    }

    /** The f16 number at byte p. */
    static float half(byte[] in, int p) {
        return half((in[p] & 0xff) | (in[p + 1] << 8));
    }

    /** The value of an f16 number given by its low 16 bits; subnormals, infinities and NaN included. */
    static float half(int bits) {
        int sign = (bits & 0x8000) << 16;
        int magnitude = bits & 0x7fff;
        if (magnitude >= 0x7c00) {
            return Float.intBitsToFloat(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
        }
        if (magnitude >= 0x400) {
            return Float.intBitsToFloat(sign | (magnitude << 13) + (112 << 23));
        }
        float tiny = magnitude * 0x1p-24f;
        return sign == 0 ? tiny : -tiny;
    }

    private static void f16(byte[] in, int n, float[] out, int at) {
        for (int i = 0; i < n; i++) {
            out[at + i] = half(in, 2 * i);
        }
    }

    private static void bf16(byte[] in, int n, float[] out, int at) {
        for (int i = 0; i < n; i++) {
            out[at + i] = Float.intBitsToFloat((in[2 * i] & 0xff) << 16 | in[2 * i + 1] << 24);
        }
    }

    private static void q8(byte[] in, int p, float[] out, int at) {
        float d = half(in, p);
        for (int i = 0; i < 32; i++) {
            out[at + i] = in[p + 2 + i] * d;
        }
    }

    private static void q4(byte[] in, int p, int middle, float d, float m, float[] out, int at) {
        for (int i = 0; i < 16; i++) {
            int both = in[p + i];
            out[at + i] = ((both & 15) - middle) * d + m;
            out[at + 16 + i] = ((both >> 4 & 15) - middle) * d + m;
        }
    }

    private static void q5(byte[] in, int p, int middle, float d, float m, float[] out, int at) {
        int high = word(in, p);
        for (int i = 0; i < 16; i++) {
            int both = in[p + 4 + i];
            out[at + i] = ((both & 15 | (high >> i & 1) << 4) - middle) * d + m;
            out[at + 16 + i] = ((both >> 4 & 15 | (high >> 16 + i & 1) << 4) - middle) * d + m;
        }
    }

    /** Q4_K, and Q5_K where {@code highBits} is not negative; 32 bytes of {@code low} serve two groups, low halves first. */
    private static void q45k(byte[] in, int p, int low, int highBits, float[] out, int at) {
        float d = half(in, p);
        float dMin = half(in, p + 2);
        int s = p + 4;
        for (int g = 0; g < 8; g++) {
            int scale;
            int minimum;
            if (g < 4) {
                scale = in[s + g] & 63;
                minimum = in[s + 4 + g] & 63;
            } else {
                // The last four have their low halves in one byte, and their upper two bits above the first four.
                scale = in[s + 4 + g] & 15 | (in[s + g - 4] >> 6 & 3) << 4;
                minimum = in[s + 4 + g] >> 4 & 15 | (in[s + g] >> 6 & 3) << 4;
            }
            float groupScale = d * scale;
            float groupMin = dMin * minimum;
            int bytes = low + g / 2 * 32;
            int shift = g % 2 * 4;
            int to = at + g * 32;
            for (int i = 0; i < 32; i++) {
                int q = in[bytes + i] >> shift & 15;
                if (highBits >= 0) {
                    q |= (in[highBits + i] >> g & 1) << 4;
                }
                out[to + i] = groupScale * q - groupMin;
            }
        }
    }

    /** Layout: 128 bytes of low halves, 64 bytes of upper pairs of bits, 16 scales, d. */
    private static void q6k(byte[] in, int p, float[] out, int at) {
        float d = half(in, p + 208);
        for (int part = 0; part < 8; part++) {
            // 128 values come from 64 low bytes and 32 high bytes; part%4 tells which halves and which pair of bits.
            int low = p + part / 4 * 64 + part % 2 * 32;
            int lowShift = part % 4 / 2 * 4;
            int high = p + 128 + part / 4 * 32;
            int highShift = part % 4 * 2;
            int to = at + part * 32;
            for (int i = 0; i < 32; i++) {
                int q = (in[low + i] >> lowShift & 15 | (in[high + i] >> highShift & 3) << 4) - 32;
                out[to + i] = d * in[p + 192 + part * 2 + i / 16] * q;
            }
        }
    }

    private static int word(byte[] in, int p) {
        return in[p] & 0xff | (in[p + 1] & 0xff) << 8 | (in[p + 2] & 0xff) << 16 | in[p + 3] << 24;
    }
}

package dev.engram.explicit.compress;

/**
 * Numbers of given widths in bits, packed without gaps, the first number in the lowest bits of the first byte. The last byte of
 * a code is filled with zeros.
 */
final class BitPacking {
    private final int[] widths;
    private final int bytes;

    /**
     * Packs numbers of these widths.
     *
     * @param widths bits of each number, 1 to 24
     */
    BitPacking(int... widths) {
        this.widths = widths.clone();
        int bits = 0;
        for (int w : widths) {
            bits += w;
        }
        bytes = (bits + 7) / 8;
    }

    /** Bytes of a code. */
    int bytes() {
        return bytes;
    }

    /** Numbers in a code. */
    int numbers() {
        return widths.length;
    }

    /** Packs {@link #numbers()} numbers from {@code numbers[from]} on into {@code codes[at]} and what follows. */
    void pack(int[] numbers, int from, byte[] codes, int at) {
        int bit = 0;
        for (int i = 0; i < widths.length; i++) {
            int value = numbers[from + i];
            if (value < 0 || value >>> widths[i] != 0) {
                throw new IllegalArgumentException(value + " has no place in " + widths[i] + " bits");
            }
            for (int left = widths[i]; left > 0; ) {
                int shift = bit % 8;
                int taken = Math.min(8 - shift, left);
                codes[at + bit / 8] |= (byte) ((value & (1 << taken) - 1) << shift);
                value >>>= taken;
                bit += taken;
                left -= taken;
            }
        }
    }

    /** The reverse. */
    void unpack(byte[] codes, int at, int[] numbers, int to) {
        int bit = 0;
        for (int i = 0; i < widths.length; i++) {
            int value = 0;
            for (int got = 0; got < widths[i]; ) {
                int shift = bit % 8;
                int taken = Math.min(8 - shift, widths[i] - got);
                value |= ((codes[at + bit / 8] & 0xFF) >>> shift & (1 << taken) - 1) << got;
                bit += taken;
                got += taken;
            }
            numbers[to + i] = value;
        }
    }
}

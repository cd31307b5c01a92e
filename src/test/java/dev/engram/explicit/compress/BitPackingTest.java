package dev.engram.explicit.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BitPackingTest {
    @Test
    void byHand() {
        // 5 = 101, 2 = 10, 300 = 100101100: from the low end 101 | 10 << 3 | 100101100 << 5 = 10010110010101
        BitPacking packing = new BitPacking(3, 2, 9);
        byte[] code = new byte[packing.bytes()];
        packing.pack(new int[] {5, 2, 300}, 0, code, 0);
        assertArrayEquals(new byte[] {(byte) 0b10010101, 0b00100101}, code);
    }

    @Test
    void memory3sHundredAndEightBitsAreFourteenBytes() {
        BitPacking packing = new BitPacking(Scheme.memory3(80, 14).widths());
        assertEquals(108, Scheme.memory3(80, 14).bits());
        assertEquals(14, packing.bytes());
    }

    @Test
    void anyWidthsComeBack() {
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 100; round++) {
            int[] widths = random.ints(1 + random.nextInt(12), 1, 25).toArray();
            int[] numbers = new int[widths.length];
            for (int i = 0; i < widths.length; i++) {
                numbers[i] = random.nextInt(1 << widths[i]);
            }
            BitPacking packing = new BitPacking(widths);
            byte[] code = new byte[packing.bytes() + 3];
            packing.pack(numbers, 0, code, 2);
            int[] back = new int[widths.length];
            packing.unpack(code, 2, back, 0);
            assertArrayEquals(numbers, back);
            assertEquals(0, code[0] | code[1] | code[code.length - 1], "neighbours are untouched");
        }
    }

    @Test
    void aNumberThatIsTooLargeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new BitPacking(3).pack(new int[] {8}, 0, new byte[1], 0));
    }
}

package dev.engram.model.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The table of byte-level BPE: each of the 256 bytes has one printable character, so that a vocabulary can be written
 * as text. Printable Latin-1 bytes stand for themselves; the others are shifted to 256 and above in byte order.
 * Source: GPT-2's encoder.
 */
final class ByteSymbols {
    private static final char[] SYMBOLS = new char[256];
    private static final int[] BYTES = new int[512];

    static {
        java.util.Arrays.fill(BYTES, -1);
        int shifted = 256;
        for (int value = 0; value < 256; value++) {
            boolean printable = value > 32 && value < 127 || value > 160 && value != 173;
            SYMBOLS[value] = (char) (printable ? value : shifted++);
            BYTES[SYMBOLS[value]] = value;
        }
    }

    private ByteSymbols() {}

    /** The character that stands for a byte, 0 to 255. */
    static char symbol(int value) {
        return SYMBOLS[value];
    }

    /** The text a piece stands for; a broken character where the piece holds only part of one. */
    static String text(String piece) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < piece.length(); i++) {
            char symbol = piece.charAt(i);
            if (symbol >= BYTES.length || BYTES[symbol] < 0) {
                return piece; // not written in byte symbols, so it is text already
            }
            bytes.write(BYTES[symbol]);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** A piece's bytes in hexadecimal, such as {@code <F0 9F>}. */
    static String hex(String piece) {
        StringBuilder hex = new StringBuilder("<");
        for (int i = 0; i < piece.length(); i++) {
            hex.append(i == 0 ? "" : " ").append(String.format("%02X", BYTES[piece.charAt(i)]));
        }
        return hex.append('>').toString();
    }

    /** Whether the bytes of some pieces end after the first byte of a character and before its last. */
    static boolean endsInsideCharacter(String pieces) {
        for (int have = 1; have <= 3 && have <= pieces.length(); have++) {
            char symbol = pieces.charAt(pieces.length() - have);
            int value = symbol < BYTES.length ? BYTES[symbol] : 0;
            if (value >= 0xC0) {
                int needed = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : 2;
                return value < 0xF8 && have < needed;
            }
            if (value < 0x80) {
                return false;
            }
        }
        return false;
    }
}

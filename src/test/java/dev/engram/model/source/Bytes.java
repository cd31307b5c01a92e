package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Finds and changes values inside a file's bytes. */
final class Bytes {
    private Bytes() {}

    static int indexOf(byte[] bytes, String text) {
        String all = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = all.indexOf(text);
        assertEquals(true, at >= 0, "no " + text);
        return at;
    }

    /** Changes the 32-bit value of a GGUF metadata key. */
    static void patchU32(byte[] bytes, String key, int from, int to) {
        // The length before the name tells this key from a longer one that begins alike.
        String text = new String(GgufBytes.text(key), StandardCharsets.ISO_8859_1);
        int at = indexOf(bytes, text) + text.length() + 4;
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(from, b.getInt(at));
        b.putInt(at, to);
    }
}

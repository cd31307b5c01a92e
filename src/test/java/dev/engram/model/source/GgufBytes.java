package dev.engram.model.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes GGUF files byte by byte, so that tests can lie in every field. */
final class GgufBytes {
    private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private final int version;
    private long pairCount;
    private long tensorCount;

    GgufBytes(int version) {
        this.version = version;
    }

    static GgufBytes of(String architecture) {
        return new GgufBytes(3).pair("general.architecture", 8, text(architecture));
    }

    GgufBytes pair(String key, int type, byte[] value) {
        pairs.writeBytes(text(key));
        pairs.writeBytes(u32(type));
        pairs.writeBytes(value);
        pairCount++;
        return this;
    }

    GgufBytes tensor(String name, int type, long offset, long... dimensions) {
        tensors.writeBytes(text(name));
        tensors.writeBytes(u32(dimensions.length));
        for (long d : dimensions) {
            tensors.writeBytes(u64(d));
        }
        tensors.writeBytes(u32(type));
        tensors.writeBytes(u64(offset));
        tensorCount++;
        return this;
    }

    GgufBytes counts(long tensors, long pairs) {
        tensorCount = tensors;
        pairCount = pairs;
        return this;
    }

    /** Writes the file with so many bytes of data after the aligned header. */
    Path write(Path file, int dataBytes) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(u32(version));
        all.writeBytes(u64(tensorCount));
        all.writeBytes(u64(pairCount));
        all.writeBytes(pairs.toByteArray());
        all.writeBytes(tensors.toByteArray());
        all.writeBytes(new byte[(32 - all.size() % 32) % 32]);
        all.writeBytes(new byte[dataBytes]);
        return Files.write(file, all.toByteArray());
    }

    static byte[] text(String s) {
        byte[] bytes = s.getBytes(StandardCharsets.UTF_8);
        return join(u64(bytes.length), bytes);
    }

    static byte[] u32(int n) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(n).array();
    }

    static byte[] u64(long n) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(n).array();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}

package dev.engram.model.source;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Collects tensors and writes them as one safetensors file. The file appears whole or not at all: it is written under a
 * temporary name beside its place, then moved.
 */
public final class SafetensorsWriter {
    private static final int CHUNK = 1 << 16;

    private record Entry(String dtype, long[] shape, long bytes, Content content) {}

    /** Puts a tensor's bytes into the file, through a buffer that is empty before and after. */
    private interface Content {
        void write(FileChannel channel, ByteBuffer chunk) throws IOException;
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final JsonObject metadata = new JsonObject();

    /** A line of the header's {@code __metadata__}, text to text. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.addProperty(key, value);
        return this;
    }

    /**
     * Adds a tensor.
     *
     * @param type F32, or BF16 (rounded to nearest, ties to even)
     * @param shape outermost dimension first
     * @param values row by row; not copied
     */
    public SafetensorsWriter add(String name, TensorType type, long[] shape, float[] values) {
        if (elements(shape) != values.length) {
            throw new IllegalArgumentException(name + ": " + values.length + " values for " + elements(shape));
        }
        return add(name, type, shape, () -> values);
    }

    /**
     * The same with values that are asked for when they are written, so that only one tensor's are held at a time.
     *
     * @param values row by row, as many as the shape says
     */
    public SafetensorsWriter add(String name, TensorType type, long[] shape, Supplier<float[]> values) {
        if (type != TensorType.F32 && type != TensorType.BF16) {
            throw new IllegalArgumentException(name + ": tensors are not written in " + type);
        }
        return add(name, new Entry(type.name(), shape.clone(), type.bytes(elements(shape)), (channel, chunk) -> {
            for (float value : values.get()) {
                if (chunk.remaining() < 4) {
                    drain(channel, chunk);
                }
                if (type == TensorType.F32) {
                    chunk.putFloat(value);
                } else {
                    chunk.putShort(bf16(value));
                }
            }
            drain(channel, chunk);
        }));
    }

    /**
     * Adds bytes that are no numbers, such as codes, as a tensor in U8.
     *
     * @param shape outermost dimension first
     * @param bytes as many as the shape says; not copied
     */
    public SafetensorsWriter add(String name, long[] shape, byte[] bytes) {
        if (elements(shape) != bytes.length) {
            throw new IllegalArgumentException(name + ": " + bytes.length + " bytes for " + elements(shape));
        }
        return add(name, new Entry("U8", shape.clone(), bytes.length, (channel, chunk) -> {
            ByteBuffer all = ByteBuffer.wrap(bytes);
            while (all.hasRemaining()) {
                channel.write(all);
            }
        }));
    }

    private SafetensorsWriter add(String name, Entry entry) {
        if (entries.put(name, entry) != null) {
            throw new IllegalArgumentException(name + " was added twice");
        }
        return this;
    }

    private static long elements(long[] shape) {
        long elements = 1;
        for (long n : shape) {
            elements *= n;
        }
        return elements;
    }

    /** Writes all tensors; a file that cannot be written gives a {@link BadInputException} and leaves nothing behind. */
    public void write(Path file) {
        Path target = file.toAbsolutePath();
        try {
            Files.createDirectories(target.getParent());
            Path part = Files.createTempFile(target.getParent(), "." + target.getFileName(), ".part");
            try {
                fill(part);
                if (part.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                    // a temporary file is private to its owner; a result is read by others too
                    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
                }
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new BadInputException(
                    file + " cannot be written (" + e.getClass().getSimpleName() + " " + e.getMessage()
                            + "); check the folder, its permissions and the free space.",
                    e);
        }
    }

    private void fill(Path part) throws IOException {
        byte[] header = header();
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            ByteBuffer head = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            drain(channel, head.putLong(header.length).put(header));
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
            for (Entry e : entries.values()) {
                e.content.write(channel, chunk);
            }
            channel.force(true);
        }
    }

    private static void drain(FileChannel channel, ByteBuffer buffer) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** JSON, filled with spaces so that the tensors begin at a multiple of 8. */
    private byte[] header() {
        JsonObject all = new JsonObject();
        if (!metadata.isEmpty()) {
            all.add("__metadata__", metadata);
        }
        long at = 0;
        for (Map.Entry<String, Entry> e : entries.entrySet()) {
            Entry entry = e.getValue();
            JsonObject line = new JsonObject();
            line.addProperty("dtype", entry.dtype);
            JsonArray shape = new JsonArray();
            for (long n : entry.shape) {
                shape.add(n);
            }
            line.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(at);
            at += entry.bytes;
            offsets.add(at);
            line.add("data_offsets", offsets);
            all.add(e.getKey(), line);
        }
        String json = all.toString();
        int length = json.getBytes(StandardCharsets.UTF_8).length;
        return (json + " ".repeat((8 - length % 8) % 8)).getBytes(StandardCharsets.UTF_8);
    }

    static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}

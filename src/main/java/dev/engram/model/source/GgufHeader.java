package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the front of a GGUF file, versions 2 and 3: metadata and tensor directory. No number in the file is believed: every
 * count and length is held against the bytes that are left before anything is allocated or read.
 *
 * <p>Metadata values become Long (all whole numbers), Double (all floats), Boolean, String or List.
 */
final class GgufHeader {
    /** Heap that metadata may take; the largest vocabularies in use need a fifth of it. */
    private static final long HEAP_BUDGET = 256L << 20;

    private static final int MAX_ARRAY_DEPTH = 4;
    private static final int MAX_DIMENSIONS = 4;
    private static final int MAGIC = 0x46554747;
    private static final int ARRAY = 9;
    /** Smallest number of bytes of a value, by type id: u8 i8 u16 i16 u32 i32 f32 bool string array u64 i64 f64. */
    private static final int[] MIN_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};
    /** Key length, type id and one byte of value. */
    private static final int MIN_PAIR_BYTES = 13;
    /** Name length, dimension count, one dimension, type id and offset. */
    private static final int MIN_TENSOR_BYTES = 32;

    /** A line of the tensor directory: dimensions innermost first, and the offset inside the data part, as in the file. */
    record Entry(String name, long[] dimensions, int type, long offset) {}

    private final Path path;
    private final ByteBuffer in;
    private long heap;

    final int version;
    final Map<String, Object> metadata = new LinkedHashMap<>();
    final List<Entry> entries = new ArrayList<>();
    /** Position after the directory, in bytes. */
    final long end;

    GgufHeader(Path path, ByteBuffer in) {
        this.path = path;
        this.in = in;
        if (in.remaining() < 4 || in.getInt() != MAGIC) {
            throw bad("does not begin with the letters GGUF");
        }
        need(20, "the header");
        version = in.getInt();
        if (version != 2 && version != 3) {
            int swapped = Integer.reverseBytes(version);
            String found =
                    swapped == 2 || swapped == 3 ? swapped + " in big-endian order" : Integer.toUnsignedString(version);
            throw new BadInputException(
                    path + " has GGUF version " + found + "; convert it to little-endian version 2 or 3.");
        }
        long tensors = in.getLong();
        long pairs = count(in.getLong(), MIN_PAIR_BYTES, "metadata entries");
        count(tensors, MIN_TENSOR_BYTES, "tensors");
        for (long i = 0; i < pairs; i++) {
            pair();
        }
        count(tensors, MIN_TENSOR_BYTES, "tensors");
        for (long i = 0; i < tensors; i++) {
            entries.add(entry());
        }
        end = in.position();
    }

    private void pair() {
        String key = string("a metadata key");
        need(4, "metadata key " + key);
        Object value = value(key, in.getInt(), 0);
        if (metadata.putIfAbsent(key, value) != null) {
            throw bad("has the metadata key " + key + " twice");
        }
    }

    private Object value(String key, int type, int depth) {
        if (type < 0 || type >= MIN_BYTES.length) {
            throw bad("gives metadata key " + key + " the unknown value type " + Integer.toUnsignedString(type));
        }
        need(MIN_BYTES[type], "metadata key " + key);
        return switch (type) {
            case 0 -> (long) Byte.toUnsignedInt(in.get());
            case 1 -> (long) in.get();
            case 2 -> (long) Short.toUnsignedInt(in.getShort());
            case 3 -> (long) in.getShort();
            case 4 -> Integer.toUnsignedLong(in.getInt());
            case 5 -> (long) in.getInt();
            case 6 -> (double) in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string("metadata key " + key);
            case ARRAY -> array(key, depth + 1);
            case 10, 11 -> in.getLong();
            default -> in.getDouble();
        };
    }

    private List<Object> array(String key, int depth) {
        if (depth > MAX_ARRAY_DEPTH) {
            throw bad("nests the arrays of metadata key " + key + " more than " + MAX_ARRAY_DEPTH + " deep");
        }
        int type = in.getInt();
        if (type < 0 || type >= MIN_BYTES.length) {
            throw bad("gives the array " + key + " the unknown value type " + Integer.toUnsignedString(type));
        }
        long length = count(in.getLong(), MIN_BYTES[type], "values in the array " + key);
        charge(length * 24 + 32, key);
        List<Object> values = new ArrayList<>((int) length);
        for (long i = 0; i < length; i++) {
            values.add(value(key, type, depth));
        }
        return values;
    }

    private Entry entry() {
        String name = string("a tensor name");
        need(4, "tensor " + name);
        int n = in.getInt();
        if (n < 1 || n > MAX_DIMENSIONS) {
            throw bad("gives tensor " + name + " " + Integer.toUnsignedString(n) + " dimensions");
        }
        need(8 * n + 12, "tensor " + name);
        long[] dimensions = new long[n];
        for (int i = 0; i < n; i++) {
            dimensions[i] = in.getLong();
        }
        charge(128, name);
        return new Entry(name, dimensions, in.getInt(), in.getLong());
    }

    private String string(String what) {
        need(8, what);
        long length = count(in.getLong(), 1, "bytes in " + what);
        charge(2 * length + 56, what);
        byte[] bytes = new byte[(int) length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A count from the file, once it is certain that so many items fit into what is left. */
    private long count(long n, int minBytesEach, String what) {
        if (n < 0 || n > in.remaining() / minBytesEach) {
            throw bad("announces " + Long.toUnsignedString(n) + " " + what + " but has only " + in.remaining()
                    + " bytes left");
        }
        return n;
    }

    private void need(int bytes, String what) {
        if (in.remaining() < bytes) {
            throw bad("ends inside " + what);
        }
    }

    private void charge(long bytes, String what) {
        heap += bytes;
        if (heap > HEAP_BUDGET) {
            throw bad("has metadata larger than " + (HEAP_BUDGET >> 20) + " MB (at " + what + ")");
        }
    }

    private BadInputException bad(String fault) {
        return GgufFile.damaged(path, fault);
    }
}

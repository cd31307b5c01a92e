package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file, mapped: 8 bytes of header length, a JSON header, then the tensors without gap or overlap. Formats F32, F16
 * and BF16 can be read; another format is an error only when such a tensor is asked for.
 */
public final class SafetensorsFile implements AutoCloseable {
    /** The format's own limit. */
    private static final long MAX_HEADER = 100_000_000;

    private static final Map<String, Integer> BYTES = Map.ofEntries(
            Map.entry("F64", 8),
            Map.entry("I64", 8),
            Map.entry("U64", 8),
            Map.entry("F32", 4),
            Map.entry("I32", 4),
            Map.entry("U32", 4),
            Map.entry("F16", 2),
            Map.entry("BF16", 2),
            Map.entry("I16", 2),
            Map.entry("U16", 2),
            Map.entry("I8", 1),
            Map.entry("U8", 1),
            Map.entry("BOOL", 1),
            Map.entry("F8_E4M3", 1),
            Map.entry("F8_E5M2", 1));

    private final MappedFile file;
    private final long dataStart;
    private final Map<String, SafetensorsHeader.Entry> entries;
    private final Map<String, String> metadata;

    private SafetensorsFile(MappedFile file) {
        this.file = file;
        if (file.size() < 8) {
            throw damaged("has only " + file.size() + " bytes");
        }
        long header = file.slice(0, 8).getLong();
        if (header < 2 || header > MAX_HEADER || header > file.size() - 8) {
            throw damaged(
                    "announces a header of " + Long.toUnsignedString(header) + " bytes in a file of " + file.size());
        }
        dataStart = 8 + header;
        SafetensorsHeader parsed = parse(file.slice(8, header));
        entries = parsed.entries();
        metadata = parsed.metadata();
        entries.forEach(this::checkSize);
        checkPlaces();
    }

    /** Opens and checks the file; a fault gives a {@link BadInputException}. */
    public static SafetensorsFile open(Path path) {
        MappedFile file = new MappedFile(path);
        try {
            return new SafetensorsFile(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    public Path path() {
        return file.path();
    }

    /** Names of the tensors in the header's order, with their shapes, outermost dimension first. */
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        entries.forEach((name, e) -> shapes.put(name, e.shape().clone()));
        return shapes;
    }

    /** The header's {@code __metadata__}; empty where it has none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** The tensor of this name; null where the file has none. */
    public StoredTensor tensor(String name) {
        SafetensorsHeader.Entry e = entries.get(name);
        if (e == null) {
            return null;
        }
        TensorType type = switch (e.dtype()) {
            case "F32" -> TensorType.F32;
            case "F16" -> TensorType.F16;
            case "BF16" -> TensorType.BF16;
            default ->
                throw new BadInputException(path() + " stores tensor " + name + " in the unsupported format "
                        + e.dtype() + "; use a model in F32, F16 or BF16.");
        };
        return new StoredTensor(name, type, e.shape().clone(), file.slice(dataStart + e.begin(), e.end() - e.begin()));
    }

    /** Bytes of the tensor of this name, whatever its format, little-endian and read-only; null where the file has none. */
    public ByteBuffer bytes(String name) {
        SafetensorsHeader.Entry e = entries.get(name);
        return e == null ? null : file.slice(dataStart + e.begin(), e.end() - e.begin());
    }

    /** Unmaps the file; tensors handed out before must not be used afterwards. */
    @Override
    public void close() {
        file.close();
    }

    private SafetensorsHeader parse(ByteBuffer header) {
        try {
            String json = StandardCharsets.UTF_8.newDecoder().decode(header).toString();
            return SafetensorsHeader.parse(json);
        } catch (CharacterCodingException e) {
            throw damaged("has a header that is not UTF-8");
        } catch (SafetensorsHeader.Fault e) {
            throw damaged(e.getMessage());
        }
    }

    private void checkSize(String name, SafetensorsHeader.Entry e) {
        long room = file.size() - dataStart;
        if (e.begin() < 0 || e.end() < e.begin() || e.end() > room) {
            throw damaged("places tensor " + name + " at bytes " + e.begin() + " to " + e.end() + " of " + room);
        }
        Integer width = BYTES.get(e.dtype());
        if (width == null) {
            // A format of the future: its size is unknown, and it is refused if it is asked for.
            return;
        }
        long elements = 1;
        for (long n : e.shape()) {
            if (n < 0 || n > 0 && elements > Long.MAX_VALUE / width / n) {
                throw damaged("gives tensor " + name + " the shape " + Arrays.toString(e.shape()));
            }
            elements *= n;
        }
        if (elements * width != e.end() - e.begin()) {
            throw damaged("keeps " + (e.end() - e.begin()) + " bytes for tensor " + name + " of shape "
                    + Arrays.toString(e.shape()) + " in " + e.dtype());
        }
    }

    private void checkPlaces() {
        List<Map.Entry<String, SafetensorsHeader.Entry>> sorted = new ArrayList<>(entries.entrySet());
        sorted.sort(Comparator.<Map.Entry<String, SafetensorsHeader.Entry>>comparingLong(
                        e -> e.getValue().begin())
                .thenComparingLong(e -> e.getValue().end()));
        long at = 0;
        for (Map.Entry<String, SafetensorsHeader.Entry> e : sorted) {
            if (e.getValue().begin() != at) {
                throw damaged((e.getValue().begin() < at ? "lets another tensor overlap " : "leaves a hole before ")
                        + e.getKey());
            }
            at = e.getValue().end();
        }
        if (at != file.size() - dataStart) {
            throw damaged("has " + (file.size() - dataStart - at) + " bytes after its last tensor");
        }
    }

    private BadInputException damaged(String fault) {
        return new BadInputException(file.path() + " is damaged or not a safetensors file: it " + fault
                + "; get an intact copy of the file.");
    }
}

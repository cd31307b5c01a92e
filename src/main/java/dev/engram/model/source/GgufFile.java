package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file (version 2 or 3, little-endian), mapped. Everything is checked when it is opened: a tensor that is listed lies
 * whole inside the file, is aligned, and shares no byte with another. Tensors carry the file's own names here.
 */
public final class GgufFile implements AutoCloseable {
    private static final String[] OTHER_TYPES = {
        "",
        "",
        "",
        "",
        "Q4_2",
        "Q4_3",
        "",
        "",
        "",
        "Q8_1",
        "Q2_K",
        "Q3_K",
        "",
        "",
        "",
        "Q8_K",
        "IQ2_XXS",
        "IQ2_XS",
        "IQ3_XXS",
        "IQ1_S",
        "IQ4_NL",
        "IQ3_S",
        "IQ2_S",
        "IQ4_XS",
        "I8",
        "I16",
        "I32",
        "I64",
        "F64",
        "IQ1_M",
        "",
        "Q4_0_4_4",
        "Q4_0_4_8",
        "Q4_0_8_8",
        "TQ1_0",
        "TQ2_0",
        "IQ4_NL_4_4",
        "IQ4_NL_4_8",
        "IQ4_NL_8_8",
        "MXFP4",
        "NVFP4"
    };

    private record Place(TensorType type, long[] shape, long offset, long bytes) {}

    private final MappedFile file;
    private final GgufHeader header;
    private final Map<String, Place> places = new LinkedHashMap<>();

    private GgufFile(MappedFile file) {
        this.file = file;
        this.header = new GgufHeader(file.path(), file.slice(0, Math.min(file.size(), Integer.MAX_VALUE)));
        long alignment = alignment();
        long start = (header.end + alignment - 1) / alignment * alignment;
        for (GgufHeader.Entry e : header.entries) {
            if (places.put(e.name(), place(e, start, alignment)) != null) {
                throw damaged(path(), "lists tensor " + e.name() + " twice");
            }
        }
        refuseOverlaps();
    }

    /** Opens and checks the file; a fault gives a {@link BadInputException}. */
    public static GgufFile open(Path path) {
        MappedFile file = new MappedFile(path);
        try {
            return new GgufFile(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    public Path path() {
        return file.path();
    }

    public int version() {
        return header.version;
    }

    /** Key to Long, Double, Boolean, String or List of these. */
    public Map<String, Object> metadata() {
        return Collections.unmodifiableMap(header.metadata);
    }

    /** Names of the tensors in the file's order, with their shapes, outermost dimension first. */
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        places.forEach((name, place) -> shapes.put(name, place.shape().clone()));
        return shapes;
    }

    /** The tensor of this name; null where the file has none. */
    public StoredTensor tensor(String name) {
        Place p = places.get(name);
        return p == null
                ? null
                : new StoredTensor(name, p.type(), p.shape().clone(), file.slice(p.offset(), p.bytes()));
    }

    /** Unmaps the file; tensors handed out before must not be used afterwards. */
    @Override
    public void close() {
        file.close();
    }

    private long alignment() {
        Object value = header.metadata.getOrDefault("general.alignment", 32L);
        if (!(value instanceof Long a) || a < 8 || a > 1 << 20 || Long.bitCount(a) != 1) {
            throw damaged(path(), "has general.alignment = " + value + ", not a power of two from 8 on");
        }
        return a;
    }

    private Place place(GgufHeader.Entry e, long start, long alignment) {
        TensorType type = type(e);
        long[] d = e.dimensions();
        long elements = 1;
        for (long n : d) {
            if (n < 1 || elements > Long.MAX_VALUE / n) {
                throw damaged(path(), "gives tensor " + e.name() + " the dimensions " + Arrays.toString(d));
            }
            elements *= n;
        }
        if (d[0] % type.blockSize() != 0) {
            throw damaged(
                    path(),
                    "gives tensor " + e.name() + " rows of " + d[0] + " values, no multiple of the " + type
                            + " block of " + type.blockSize());
        }
        long room = file.size() - start;
        long blocks = elements / type.blockSize();
        if (blocks > Math.max(room, 0) / type.blockBytes()) {
            throw damaged(path(), "is too short for tensor " + e.name() + " with dimensions " + Arrays.toString(d));
        }
        long bytes = type.bytes(elements);
        if (e.offset() < 0 || e.offset() > room - bytes) {
            throw damaged(
                    path(),
                    "places tensor " + e.name() + " at byte " + Long.toUnsignedString(e.offset())
                            + " of its data part, beyond the end of the file");
        }
        if (e.offset() % alignment != 0) {
            throw damaged(
                    path(), "places tensor " + e.name() + " at byte " + e.offset() + ", not aligned to " + alignment);
        }
        long[] shape = new long[d.length];
        for (int i = 0; i < d.length; i++) {
            shape[i] = d[d.length - 1 - i];
        }
        return new Place(type, shape, start + e.offset(), bytes);
    }

    private TensorType type(GgufHeader.Entry e) {
        return switch (e.type()) {
            case 0 -> TensorType.F32;
            case 1 -> TensorType.F16;
            case 2 -> TensorType.Q4_0;
            case 3 -> TensorType.Q4_1;
            case 6 -> TensorType.Q5_0;
            case 7 -> TensorType.Q5_1;
            case 8 -> TensorType.Q8_0;
            case 12 -> TensorType.Q4_K;
            case 13 -> TensorType.Q5_K;
            case 14 -> TensorType.Q6_K;
            case 30 -> TensorType.BF16;
            default -> {
                boolean known = e.type() > 0 && e.type() < OTHER_TYPES.length && !OTHER_TYPES[e.type()].isEmpty();
                throw new BadInputException(path() + " stores tensor " + e.name() + " in the unsupported format "
                        + (known ? OTHER_TYPES[e.type()] : "number " + Integer.toUnsignedString(e.type()))
                        + "; use a file with "
                        + Arrays.toString(TensorType.values()).replaceAll("[\\[\\]]", "") + ".");
            }
        };
    }

    private void refuseOverlaps() {
        List<Map.Entry<String, Place>> byOffset = new ArrayList<>(places.entrySet());
        byOffset.sort(Comparator.comparingLong(e -> e.getValue().offset()));
        for (int i = 1; i < byOffset.size(); i++) {
            Place before = byOffset.get(i - 1).getValue();
            if (before.offset() + before.bytes() > byOffset.get(i).getValue().offset()) {
                throw damaged(
                        path(),
                        "lets tensors " + byOffset.get(i - 1).getKey() + " and "
                                + byOffset.get(i).getKey() + " overlap");
            }
        }
    }

    static BadInputException damaged(Path path, String fault) {
        return new BadInputException(
                path + " is damaged or not a GGUF model: it " + fault + "; get an intact copy of the file.");
    }
}

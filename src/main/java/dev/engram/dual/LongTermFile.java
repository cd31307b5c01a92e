package dev.engram.dual;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import dev.engram.model.BadInputException;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A {@link LongTermMemory} in a folder: long-term.safetensors with keys and values [used slots, h], and a JSON file with the rest. The
 * JSON file is written first under a new name; then long-term.safetensors, which names it, is moved into place. So a process that dies
 * at any moment leaves the old memory or the new one.
 */
final class LongTermFile {
    private static final String VECTORS = "long-term.safetensors";
    private static final String FORMAT = "engram long-term memory 1";
    /** What the JSON file may be called; a name from a file leads nowhere else. */
    private static final String SLOTS = "slots-[0-9a-f-]{36}\\.json";

    private static final Gson JSON = new Gson();

    /** The JSON file; lists have one element per used slot. */
    private record Content(
            int slots, int width, double importanceWeight, long clock, List<Integer> slot, List<SlotState> state) {}

    private LongTermFile() {}

    static void save(LongTermMemory memory, Path folder) {
        List<Integer> slot = new ArrayList<>();
        List<SlotState> state = new ArrayList<>();
        for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1)) {
            slot.add(s);
            state.add(memory.state(s));
        }
        Content content =
                new Content(memory.slots(), memory.width(), memory.importanceWeight(), memory.clock(), slot, state);
        String name = "slots-" + UUID.randomUUID() + ".json";
        try {
            AtomicFile.write(folder.resolve(name), JSON.toJson(content));
        } catch (UncheckedIOException e) {
            throw new BadInputException(
                    folder + " cannot be written (" + e.getCause().getMessage()
                            + "); check the folder, its permissions and the free space. The old memory is untouched.",
                    e);
        }
        long[] shape = {slot.size(), memory.width()};
        new SafetensorsWriter()
                .metadata("format", FORMAT)
                .metadata("slots", name)
                .add("keys", TensorType.F32, shape, () -> flat(memory, slot, true))
                .add("values", TensorType.F32, shape, () -> flat(memory, slot, false))
                .write(folder.resolve(VECTORS));
        removeOthers(folder, name);
    }

    private static float[] flat(LongTermMemory memory, List<Integer> slots, boolean keys) {
        int width = memory.width();
        float[] flat = new float[Math.multiplyExact(slots.size(), width)];
        for (int i = 0; i < slots.size(); i++) {
            float[] row = keys ? memory.rawKey(slots.get(i)) : memory.rawValue(slots.get(i));
            System.arraycopy(row, 0, flat, i * width, width);
        }
        return flat;
    }

    static LongTermMemory load(Path folder, int width, Replacement replacement, long seed) {
        Path file = folder.resolve(VECTORS);
        if (!Files.isRegularFile(file)) {
            throw new BadInputException(
                    folder + " holds no long-term memory (" + VECTORS + " is missing); save one there.");
        }
        try (SafetensorsFile vectors = SafetensorsFile.open(file)) {
            if (!FORMAT.equals(vectors.metadata().get("format"))) {
                throw damaged(file, "it is no " + FORMAT);
            }
            Content content = content(folder, file, vectors.metadata().get("slots"));
            if (content.width != width) {
                throw new BadInputException(folder + " holds vectors of " + content.width + " numbers, but " + width
                        + " are expected; load it with the model that wrote it.");
            }
            return fill(file, vectors, content, replacement, seed);
        }
    }

    private static Content content(Path folder, Path file, String name) {
        if (!String.valueOf(name).matches(SLOTS)) {
            throw damaged(file, "the name of its slots is '" + name + "'");
        }
        try {
            Content content = JSON.fromJson(Files.readString(folder.resolve(name)), Content.class);
            if (content == null
                    || content.slot == null
                    || content.state == null
                    || content.slot.size() != content.state.size()
                    || content.slot.size() > content.slots
                    || content.clock < 0) {
                throw damaged(folder.resolve(name), "its lists do not fit each other");
            }
            return content;
        } catch (IOException e) {
            throw damaged(folder.resolve(name), "it cannot be read: " + e);
        } catch (JsonSyntaxException e) {
            throw damaged(folder.resolve(name), "it is no JSON object of this kind");
        }
    }

    private static LongTermMemory fill(
            Path file, SafetensorsFile vectors, Content content, Replacement replacement, long seed) {
        long[] shape = {content.slot.size(), content.width};
        FloatBuffer keys = rows(file, vectors, "keys", shape);
        FloatBuffer values = rows(file, vectors, "values", shape);
        LongTermMemory memory =
                new LongTermMemory(content.slots, content.width, replacement, seed, content.importanceWeight);
        for (int i = 0; i < content.slot.size(); i++) {
            Integer slot = content.slot.get(i);
            if (slot == null || slot < 0 || slot >= content.slots || memory.isUsed(slot)) {
                throw damaged(file, "slot " + slot + " is outside the memory or occurs twice");
            }
            memory.put(slot, row(keys, content.width), row(values, content.width), checked(file, content, i));
        }
        memory.setClock(content.clock);
        return memory;
    }

    private static SlotState checked(Path file, Content content, int at) {
        SlotState s = content.state.get(at);
        boolean good = s != null
                && s.importance() > 0
                && s.importance() < Double.POSITIVE_INFINITY
                && s.merged() > 0
                && s.written() >= 0
                && s.written() <= s.lastUse()
                && s.lastUse() <= content.clock
                && s.hits() >= 0;
        if (!good) {
            throw damaged(file, "the state of a slot is " + s);
        }
        return s;
    }

    private static FloatBuffer rows(Path file, SafetensorsFile vectors, String name, long[] shape) {
        StoredTensor t = vectors.tensor(name);
        if (t == null || t.type() != TensorType.F32 || !Arrays.equals(t.shape(), shape)) {
            throw damaged(
                    file,
                    "its " + name + " are "
                            + (t == null
                                    ? "missing"
                                    : t.type() + " " + Arrays.toString(t.shape()) + " in place of F32 "
                                            + Arrays.toString(shape)));
        }
        return t.data().asFloatBuffer();
    }

    private static float[] row(FloatBuffer from, int width) {
        float[] row = new float[width];
        from.get(row);
        return row;
    }

    /** Slots of former memories, which nothing names any more. */
    private static void removeOthers(Path folder, String kept) {
        try (Stream<Path> all = Files.list(folder)) {
            for (Path p : all.toList()) {
                String name = p.getFileName().toString();
                if (name.matches(SLOTS) && !name.equals(kept)) {
                    Files.deleteIfExists(p);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " cannot be tidied", e);
        }
    }

    private static BadInputException damaged(Path file, String why) {
        return new BadInputException("The long-term memory at " + file + " is damaged: " + why
                + "; restore it from a copy, or write its entries again.");
    }
}

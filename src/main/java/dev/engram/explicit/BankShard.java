package dev.engram.explicit;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.engram.model.BadInputException;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Some references of a bank: texts-NNNNN.jsonl with their texts and memories-NNNNN.safetensors with keys, values and positions of
 * each, mapped and read when asked for.
 */
final class BankShard implements AutoCloseable {
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();

    private static final String[] PARTS = {".keys", ".values", ".positions"};

    private final Path texts;
    private final Path memories;
    private Map<String, String> read;
    private SafetensorsFile mapped;

    BankShard(Path folder, int number) {
        texts = folder.resolve(String.format("texts-%05d.jsonl", number));
        memories = folder.resolve(String.format("memories-%05d.safetensors", number));
    }

    /**
     * Writes a shard; neither file is seen before it is whole.
     *
     * @param written by place among the references; null for texts alone
     * @return checksum of each memory, −1 where none is written
     */
    long[] write(List<Reference> references, List<ExplicitMemory> written, MemoryFormat format) {
        StringBuilder lines = new StringBuilder();
        references.forEach(r -> lines.append(JSON.toJson(r)).append('\n'));
        AtomicFile.write(texts, lines.toString());
        long[] checksums = new long[references.size()];
        if (written == null) {
            Arrays.fill(checksums, -1);
            return checksums;
        }
        SafetensorsWriter file = new SafetensorsWriter();
        for (int i = 0; i < references.size(); i++) {
            ExplicitMemory m = written.get(i);
            String id = references.get(i).id();
            long[] shape = {m.layers().length, m.kvHeads(), m.tokens()};
            float[] positions = new float[m.positions().length];
            for (int p = 0; p < positions.length; p++) {
                positions[p] = m.positions()[p];
            }
            format.add(file, id, m);
            file.add(id + ".positions", TensorType.F32, shape, positions);
        }
        file.write(memories);
        try (SafetensorsFile again = SafetensorsFile.open(memories)) {
            for (int i = 0; i < checksums.length; i++) {
                checksums[i] = checksum(again, references.get(i).id());
            }
        }
        return checksums;
    }

    private static long checksum(SafetensorsFile file, String id) {
        CRC32 crc = new CRC32();
        for (String part : PARTS) {
            crc.update(file.bytes(id + part));
        }
        return crc.getValue();
    }

    String text(String id) {
        if (read == null) {
            read = new HashMap<>();
            try {
                for (String line : Files.readAllLines(texts)) {
                    Reference r = JSON.fromJson(line, Reference.class);
                    read.put(r.id(), r.text());
                }
            } catch (IOException | JsonParseException | NullPointerException e) {
                read = null;
                throw new BadInputException(texts + " is missing or damaged; write the bank again.", e);
            }
        }
        String text = read.get(id);
        if (text == null) {
            throw new BadInputException(texts + " is damaged: the reference " + id + " is missing; write it again.");
        }
        return text;
    }

    /** A memory, checked against its checksum. */
    ExplicitMemory memory(String id, long checksum, BankIdentity identity, MemoryFormat format) {
        if (mapped == null) {
            mapped = SafetensorsFile.open(memories);
        }
        if (Stream.of(PARTS).anyMatch(part -> mapped.bytes(id + part) == null)) {
            throw damaged(id, "a part of it is missing");
        }
        if (checksum(mapped, id) != checksum) {
            throw damaged(id, "its numbers are not those that were written");
        }
        float[] at = Dequantizer.toFloats(mapped.tensor(id + ".positions"));
        int[] whole = new int[at.length];
        for (int i = 0; i < whole.length; i++) {
            whole[i] = (int) at[i];
        }
        ExplicitMemory like = identity.empty(whole);
        ExplicitMemory memory = like == null ? null : format.read(mapped, id, like);
        if (memory == null) {
            throw damaged(id, "it has another shape than the bank");
        }
        return memory;
    }

    private BadInputException damaged(String id, String why) {
        return new BadInputException("The memory of reference " + id + " in " + memories + " is damaged: " + why
                + "; write the reference again.");
    }

    /** Removes the files, once no reference of them is left. */
    void delete() {
        close();
        try {
            Files.deleteIfExists(memories);
            Files.deleteIfExists(texts);
        } catch (IOException e) {
            throw new BadInputException(memories + " cannot be removed (" + e + "); remove it by hand.", e);
        }
    }

    @Override
    public void close() {
        if (mapped != null) {
            mapped.close();
            mapped = null;
        }
    }
}

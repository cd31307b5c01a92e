package dev.engram.tiers;

import com.google.gson.Gson;
import dev.engram.model.BadInputException;
import dev.engram.report.AtomicFile;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One store of texts with a capacity, a time to live and a rule of what goes first, over any LangChain4j {@link EmbeddingStore}.
 * Not safe for several threads.
 */
public final class Tier {
    private static final Gson GSON = new Gson();

    private final String name;
    private final Limits limits;
    private final EmbeddingStore<TextSegment> store;
    private final Map<String, Memory> memories = new LinkedHashMap<>();
    private long bytes;

    /**
     * What a tier may hold.
     *
     * @param bytes see {@link Memory#bytes}
     * @param days time to live: a memory is gone when more days than this have passed; infinity for ever
     * @param keeping what goes first when it is full
     */
    public record Limits(long bytes, double days, Keeping keeping) {
        public Limits {
            if (bytes < 1 || !(days > 0)) {
                throw new BadInputException("A tier has " + bytes + " bytes and a time to live of " + days
                        + " days; both must be above 0.");
            }
        }
    }

    /**
     * A memory that was found.
     *
     * @param cosine of its vector and the query's
     */
    public record Found(Memory memory, double cosine) {}

    /** @param store empty, and this tier's alone */
    public Tier(String name, Limits limits, EmbeddingStore<TextSegment> store) {
        this.name = name;
        this.limits = limits;
        this.store = store;
    }

    public String name() {
        return name;
    }

    public Limits limits() {
        return limits;
    }

    /** In the order in which they were put. */
    public Collection<Memory> memories() {
        return List.copyOf(memories.values());
    }

    public int size() {
        return memories.size();
    }

    /** Bytes in use. */
    public long bytes() {
        return bytes;
    }

    /**
     * Stores a memory, in place of one with the same id; returns those that had to go to make room. The newcomer itself may be among
     * them, if it is worth least or larger than the tier.
     */
    public List<Memory> put(Memory memory, double today) {
        remove(memory.id());
        expire(today);
        memories.put(memory.id(), memory);
        store.addAll(List.of(memory.id()), List.of(memory.vector()), List.of(TextSegment.from(memory.text())));
        bytes += memory.bytes();
        List<Memory> gone = new ArrayList<>();
        while (bytes > limits.bytes()) {
            Memory least = memories.values().stream()
                    .min(Comparator.comparingDouble(m -> limits.keeping().worth(m, today)))
                    .orElseThrow();
            remove(least.id());
            gone.add(least);
        }
        return gone;
    }

    /** Takes a memory out. */
    public Optional<Memory> remove(String id) {
        Memory memory = memories.remove(id);
        if (memory != null) {
            store.remove(id);
            bytes -= memory.bytes();
        }
        return Optional.ofNullable(memory);
    }

    /** Drops what has outlived its time; returns it. */
    public List<Memory> expire(double today) {
        List<Memory> old = memories.values().stream()
                .filter(m ->
                        today - m.day() > limits.days() || !limits.keeping().alive(m, today))
                .toList();
        old.forEach(m -> remove(m.id()));
        return old;
    }

    /** The nearest memories, best first. */
    public List<Found> search(Embedding query, int k) {
        if (memories.isEmpty()) {
            return List.of();
        }
        EmbeddingSearchRequest request = EmbeddingSearchRequest.builder()
                .queryEmbedding(query)
                .maxResults(Math.min(k, memories.size()))
                .build();
        return store.search(request).matches().stream()
                .map(m -> new Found(memories.get(m.embeddingId()), 2 * m.score() - 1))
                .toList();
    }

    /** One line of the file. */
    private record Line(String id, String text, float[] vector, double day, double importance) {}

    /** Writes all memories as JSON lines; the file is replaced as a whole. */
    public void save(Path file) {
        StringBuilder text = new StringBuilder();
        memories.values()
                .forEach(m -> text.append(GSON.toJson(
                                new Line(m.id(), m.text(), m.vector().vector(), m.day(), m.importance())))
                        .append('\n'));
        AtomicFile.write(file, text.toString());
    }

    /** Puts everything of a file written by {@link #save}, in its order. */
    public void load(Path file, double today) {
        try {
            for (String line : Files.readAllLines(file)) {
                Line l = GSON.fromJson(line, Line.class);
                if (l.vector() == null || l.vector().length == 0 || l.text() == null) {
                    throw new BadInputException(
                            file + " has a line without a text and a vector; it was not written by a tier.");
                }
                put(new Memory(l.id(), l.text(), Embedding.from(l.vector()), l.day(), l.importance()), today);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (com.google.gson.JsonSyntaxException e) {
            throw new BadInputException(file + " is not a file of memories; give one that a tier saved.");
        }
    }

    @Override
    public String toString() {
        return name + ": " + Arrays.toString(memories.keySet().toArray());
    }
}

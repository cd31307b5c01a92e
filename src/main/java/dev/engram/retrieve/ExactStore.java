package dev.engram.retrieve;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Torch;
import dev.engram.model.engine.VectorScan;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingSearchResult;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.filter.Filter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntPredicate;

/**
 * A store in memory that compares the query with every row. LangChain4j's own in-memory store does the same in plain Java; this one
 * hands many rows to {@link VectorScan}, which reads 8-bit copies and computes the best 256 exactly, so the order is exact for
 * requests of up to 256 rows.
 *
 * <p>Rows are scaled to length 1. Adding a row with the id of another replaces it. A few rows added since the last scan are compared
 * in Java, so that adding one row does not copy all. Safe for several threads.
 */
public final class ExactStore implements EmbeddingStore<TextSegment>, AutoCloseable {
    /** Rows that Java compares before they are handed to the engine; 384 numbers each take about a millisecond. */
    private static final int FEW = 4096;

    private final Map<String, Integer> places = new HashMap<>();
    /** One per row; null where it was removed. */
    private final List<String> ids = new ArrayList<>();

    private final List<TextSegment> texts = new ArrayList<>();
    /** Unit vectors row by row, [capacity × width]. */
    private float[] matrix = new float[0];

    private int width;
    private NDManager manager;
    private VectorScan scan;
    /** Rows that {@link #scan} knows. */
    private int scanned;

    @Override
    public String add(Embedding embedding) {
        return add(embedding, null);
    }

    @Override
    public void add(String id, Embedding embedding) {
        put(id, embedding, null);
    }

    @Override
    public String add(Embedding embedding, TextSegment text) {
        String id = UUID.randomUUID().toString();
        put(id, embedding, text);
        return id;
    }

    @Override
    public List<String> addAll(List<Embedding> embeddings) {
        return embeddings.stream().map(this::add).toList();
    }

    @Override
    public synchronized void addAll(List<String> newIds, List<Embedding> embeddings, List<TextSegment> segments) {
        for (int i = 0; i < newIds.size(); i++) {
            put(newIds.get(i), embeddings.get(i), segments == null ? null : segments.get(i));
        }
    }

    private synchronized void put(String id, Embedding embedding, TextSegment text) {
        if (width == 0) {
            width = embedding.dimension();
        }
        float[] unit = Vectors.unit(checked(embedding));
        remove(id);
        int at = ids.size();
        if ((at + 1) * (long) width > matrix.length) {
            matrix = Arrays.copyOf(matrix, Math.multiplyExact(Math.max(16, at + at / 2 + 1), width));
        }
        System.arraycopy(unit, 0, matrix, at * width, width);
        ids.add(id);
        texts.add(text);
        places.put(id, at);
    }

    private float[] checked(Embedding embedding) {
        if (embedding.dimension() != width) {
            throw new BadInputException("A vector has " + embedding.dimension() + " numbers, but this store's have "
                    + width + "; use one embedding model for a store.");
        }
        return embedding.vector();
    }

    public synchronized int size() {
        return places.size();
    }

    /** Does nothing where there is no such row. */
    @Override
    public synchronized void remove(String id) {
        Integer at = places.remove(id);
        if (at != null) {
            ids.set(at, null);
            texts.set(at, null);
        }
    }

    @Override
    public synchronized void removeAll(Collection<String> gone) {
        gone.forEach(this::remove);
    }

    @Override
    public synchronized void removeAll(Filter filter) {
        removeAll(places.keySet().stream()
                .filter(id -> passes(filter, texts.get(places.get(id))))
                .toList());
    }

    @Override
    public synchronized void removeAll() {
        removeAll(List.copyOf(places.keySet()));
    }

    @Override
    public synchronized EmbeddingSearchResult<TextSegment> search(EmbeddingSearchRequest request) {
        if (places.isEmpty()) {
            return new EmbeddingSearchResult<>(List.of());
        }
        float[] cosines = cosines(Vectors.unit(checked(request.queryEmbedding())));
        IntPredicate passes = i -> ids.get(i) != null && passes(request.filter(), texts.get(i));
        double least = Vectors.cosine(request.minScore());
        List<EmbeddingMatch<TextSegment>> matches = new ArrayList<>();
        for (Rows.Scored s : Rows.best(cosines, ids.size(), request.maxResults(), least, passes)) {
            float[] vector = Arrays.copyOfRange(matrix, s.row() * width, (s.row() + 1) * width);
            matches.add(Rows.match(ids.get(s.row()), s.cosine(), vector, texts.get(s.row())));
        }
        return new EmbeddingSearchResult<>(matches);
    }

    static boolean passes(Filter filter, TextSegment text) {
        return filter == null || text != null && filter.test(text.metadata());
    }

    private float[] cosines(float[] query) {
        if (ids.size() - scanned > FEW) {
            handOver();
        }
        float[] cosines = new float[ids.size()];
        if (scan != null) {
            System.arraycopy(scan.scores(query), 0, cosines, 0, scanned);
        }
        for (int i = scanned; i < cosines.length; i++) {
            cosines[i] = Vectors.dot(matrix, i * width, query);
        }
        return cosines;
    }

    /** Gives all rows to the engine; those that were removed go for good. */
    private void handOver() {
        int to = 0;
        for (int from = 0; from < ids.size(); from++) {
            if (ids.get(from) != null) {
                System.arraycopy(matrix, from * width, matrix, to * width, width);
                ids.set(to, ids.get(from));
                texts.set(to, texts.get(from));
                places.put(ids.get(to), to++);
            }
        }
        ids.subList(to, ids.size()).clear();
        texts.subList(to, texts.size()).clear();
        close();
        manager = Torch.manager(DeviceChoice.CPU);
        scan = new VectorScan(manager, Arrays.copyOf(matrix, to * width), width);
        scanned = to;
    }

    /** Frees the engine's copy; the store can be used again afterwards. */
    @Override
    public synchronized void close() {
        if (scan != null) {
            scan.close();
            manager.close();
            scan = null;
            scanned = 0;
        }
    }
}

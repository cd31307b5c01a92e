package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.CosineSimilarity;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.RelevanceScore;
import dev.langchain4j.store.embedding.filter.MetadataFilterBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both stores against brute force, and the index's files against everything that may happen to them. */
class StoresTest {
    private static final int WIDTH = 24;

    @TempDir
    Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable c : open) {
            c.close();
        }
    }

    private EmbeddingStore<TextSegment> store(String kind) {
        return kind.equals("exact") ? exact() : index();
    }

    private ExactStore exact() {
        ExactStore store = new ExactStore();
        open.add(store);
        return store;
    }

    private IndexStore index() {
        IndexStore store = IndexStore.open(folder, WIDTH);
        open.add(store);
        return store;
    }

    private static List<EmbeddingMatch<TextSegment>> search(EmbeddingStore<TextSegment> store, Embedding q, int k) {
        return store.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(q)
                        .maxResults(k)
                        .build())
                .matches();
    }

    private static List<String> ids(List<EmbeddingMatch<TextSegment>> matches) {
        return matches.stream().map(EmbeddingMatch::embeddingId).toList();
    }

    /** The definition: every cosine by LangChain4j's own formula. */
    private static List<String> bruteForce(List<String> ids, List<Embedding> vectors, Embedding q, int k) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingDouble(i -> -CosineSimilarity.between(q, vectors.get(i))));
        return order.subList(0, Math.min(k, order.size())).stream()
                .map(ids::get)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 500, 6000, 17_000})
    void theExactStoreIsBruteForce(int n) {
        ExactStore store = exact();
        List<Embedding> vectors = Fixed.clustered(n, WIDTH, 1);
        store.addAll(Fixed.ids(0, n), vectors, Fixed.texts(0, n));
        for (Embedding q : Fixed.clustered(5, WIDTH, 2)) {
            List<EmbeddingMatch<TextSegment>> found = search(store, q, 5);
            assertEquals(bruteForce(Fixed.ids(0, n), vectors, q, 5), ids(found));
            EmbeddingMatch<TextSegment> first = found.get(0);
            int at = Integer.parseInt(first.embeddingId().substring(1));
            assertEquals("text " + at, first.embedded().text());
            double cosine = CosineSimilarity.between(q, vectors.get(at));
            assertEquals(RelevanceScore.fromCosineSimilarity(cosine), first.score(), 1e-5);
            assertEquals(1, CosineSimilarity.between(first.embedding(), vectors.get(at)), 1e-5);
        }
    }

    @Test
    void theIndexFindsWhatBruteForceFinds() {
        int n = 3000;
        IndexStore store = index();
        List<Embedding> vectors = Fixed.clustered(n, WIDTH, 3);
        store.build(Fixed.ids(0, n), vectors, Fixed.texts(0, n));
        int found = 0;
        for (Embedding q : Fixed.clustered(40, WIDTH, 4)) {
            Set<String> right = new HashSet<>(bruteForce(Fixed.ids(0, n), vectors, q, 5));
            right.retainAll(ids(search(store, q, 5)));
            found += right.size();
        }
        assertTrue(found >= 190, found + " of 200 neighbours found");
        EmbeddingMatch<TextSegment> self = search(store, vectors.get(77), 1).get(0);
        assertEquals("r77", self.embeddingId());
        assertEquals("text 77", self.embedded().text());
        assertEquals(1, self.score(), 1e-5);
        assertArrayEquals(
                Vectors.unit(vectors.get(77).vector()), self.embedding().vector(), 1e-6f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "index"})
    void rowsComeAndGo(String kind) {
        EmbeddingStore<TextSegment> store = store(kind);
        List<Embedding> v = Fixed.clustered(5200, WIDTH, 5);
        assertTrue(search(store, v.get(0), 3).isEmpty());
        store.addAll(Fixed.ids(0, 5000), v.subList(0, 5000), Fixed.texts(0, 5000));
        assertEquals("r17", ids(search(store, v.get(17), 1)).get(0));
        if (store instanceof IndexStore index) {
            index.rebuild();
        }
        store.remove("r17");
        store.remove("nobody");
        assertFalse(ids(search(store, v.get(17), 5000)).contains("r17"));
        store.addAll(List.of("r17"), List.of(v.get(5100)), Fixed.texts(5100, 5101)); // comes back, elsewhere
        EmbeddingMatch<TextSegment> back = search(store, v.get(5100), 1).get(0);
        assertEquals("r17", back.embeddingId());
        assertEquals("text 5100", back.embedded().text());
        store.addAll(List.of("r18"), List.of(v.get(5101)), Fixed.texts(5101, 5102)); // replaces
        assertEquals("r18", ids(search(store, v.get(5101), 1)).get(0));
        assertFalse(ids(search(store, v.get(18), 1)).contains("r18"));
        List<String> all = ids(search(store, v.get(0), 6000));
        assertEquals(new HashSet<>(all).size(), all.size());
        if (kind.equals("exact")) {
            assertEquals(5000, all.size());
        }
        store.removeAll(List.of("r1", "r2"));
        assertFalse(ids(search(store, v.get(1), 1)).contains("r1"));
        store.removeAll();
        assertTrue(search(store, v.get(0), 3).isEmpty());
        String id = store.add(v.get(3));
        assertEquals(List.of(id), ids(search(store, v.get(0), 3)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exact", "index"})
    void filtersAndFloors(String kind) {
        EmbeddingStore<TextSegment> store = store(kind);
        List<Embedding> v = Fixed.clustered(200, WIDTH, 6);
        List<TextSegment> texts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            texts.add(TextSegment.from("text " + i, Metadata.from("kind", i % 2 == 0 ? "even" : "odd")));
        }
        store.addAll(Fixed.ids(0, 200), v, texts);
        if (store instanceof IndexStore index) {
            index.rebuild();
        }
        var odd = MetadataFilterBuilder.metadataKey("kind").isEqualTo("odd");
        var found = store.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(v.get(8))
                        .maxResults(20)
                        .filter(odd)
                        .build())
                .matches();
        assertEquals(20, found.size());
        assertTrue(found.stream().allMatch(m -> Integer.parseInt(m.embeddingId().substring(1)) % 2 == 1));
        var near = store.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(v.get(8))
                        .maxResults(20)
                        .minScore(0.999)
                        .build())
                .matches();
        assertEquals(List.of("r8"), ids(near));
        store.removeAll(odd);
        assertTrue(
                ids(search(store, v.get(9), 100)).stream().allMatch(id -> Integer.parseInt(id.substring(1)) % 2 == 0));
        assertThrows(BadInputException.class, () -> store.add("x", Embedding.from(new float[WIDTH])));
        assertThrows(BadInputException.class, () -> store.add("x", Embedding.from(new float[] {1})));
        assertThrows(BadInputException.class, () -> search(store, Embedding.from(new float[] {1}), 1));
    }

    @Test
    void anIndexIsAsItWasWhenItIsOpenedAgain() {
        List<Embedding> v = Fixed.clustered(300, WIDTH, 7);
        try (IndexStore store = IndexStore.open(folder, WIDTH)) {
            store.build(Fixed.ids(0, 200), v.subList(0, 200), Fixed.texts(0, 200));
            store.addAll(Fixed.ids(200, 300), v.subList(200, 300), Fixed.texts(200, 300));
            store.remove("r3");
            store.remove("r250");
            assertThrows(BadInputException.class, () -> IndexStore.open(folder, WIDTH), "opened twice");
        }
        try (IndexStore store = IndexStore.open(folder, WIDTH)) {
            assertEquals(298, store.size());
            assertEquals(99, store.sizeOutsideGraph());
            assertEquals("r260", ids(search(store, v.get(260), 1)).get(0));
            assertFalse(ids(search(store, v.get(3), 300)).contains("r3"));
            assertFalse(ids(search(store, v.get(250), 300)).contains("r250"));
            store.rebuild();
            assertEquals(298, store.size());
            assertEquals(0, store.sizeOutsideGraph());
            assertEquals("r260", ids(search(store, v.get(260), 1)).get(0));
        }
        assertThrows(BadInputException.class, () -> IndexStore.open(folder, WIDTH + 1));
    }

    @Test
    void aChangeThatWasCutOffIsNoChange() throws IOException {
        List<Embedding> v = Fixed.clustered(20, WIDTH, 8);
        try (IndexStore store = IndexStore.open(folder, WIDTH)) {
            store.addAll(Fixed.ids(0, 10), v.subList(0, 10), Fixed.texts(0, 10));
        }
        Path journal = folder.resolve("journal-0");
        byte[] whole = Files.readAllBytes(journal);
        int lastLine =
                new String(whole, 0, whole.length - 1, java.nio.charset.StandardCharsets.UTF_8).lastIndexOf('\n') + 1;
        for (int cut : new int[] {lastLine + 1, lastLine + 40, whole.length - 1}) {
            Files.write(journal, java.util.Arrays.copyOf(whole, cut));
            try (IndexStore store = IndexStore.open(folder, WIDTH)) {
                assertEquals(9, store.size(), "cut at " + cut + " of " + whole.length);
                store.addAll(Fixed.ids(9, 11), v.subList(9, 11), Fixed.texts(9, 11));
            }
            try (IndexStore store = IndexStore.open(folder, WIDTH)) {
                assertEquals(11, store.size());
                assertEquals("r10", ids(search(store, v.get(10), 1)).get(0));
            }
        }
        byte[] bent = whole.clone();
        bent[lastLine / 2] ^= 1;
        Files.write(journal, bent);
        assertThrows(BadInputException.class, () -> IndexStore.open(folder, WIDTH));
    }

    @Test
    void aBuildThatDidNotEndLeavesTheOldIndex() throws IOException {
        List<Embedding> v = Fixed.clustered(50, WIDTH, 9);
        try (IndexStore store = IndexStore.open(folder, WIDTH)) {
            store.build(Fixed.ids(0, 40), v.subList(0, 40), Fixed.texts(0, 40));
        }
        Files.write(folder.resolve("graph-2"), new byte[] {1, 2, 3});
        Files.writeString(folder.resolve("journal-2"), "rubbish\nrubbish\n", StandardOpenOption.CREATE);
        try (IndexStore store = IndexStore.open(folder, WIDTH)) {
            assertEquals(40, store.size());
            assertFalse(Files.exists(folder.resolve("graph-2")));
            store.addAll(Fixed.ids(40, 50), v.subList(40, 50), Fixed.texts(40, 50));
            store.rebuild();
            assertEquals(50, store.size());
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    Set.of("graph-2", "rows-2", "journal-2", "index.json", "lock"),
                    Set.copyOf(files.map(f -> f.getFileName().toString()).toList()));
        }
        Files.writeString(folder.resolve("index.json"), "{\"format\":\"something else\"}");
        assertThrows(BadInputException.class, () -> IndexStore.open(folder, WIDTH));
    }

    /** A store whose ids must be UUIDs, as pgvector's are. */
    @Test
    void namesTravelThroughAStoreOfUuids() {
        ExactStore uuids = exact();
        NamedStore named = new NamedStore(uuids);
        List<Embedding> vectors = Fixed.clustered(6, WIDTH, 5);
        named.addAll(Fixed.ids(0, 5), vectors.subList(0, 5), Fixed.texts(0, 5));
        named.addAll(Fixed.ids(2, 3), vectors.subList(5, 6), Fixed.texts(2, 3));
        named.remove("r4");
        List<EmbeddingMatch<TextSegment>> found = named.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(vectors.get(5))
                        .maxResults(9)
                        .build())
                .matches();
        assertEquals(
                Set.of("r0", "r1", "r2", "r3"),
                new HashSet<>(found.stream().map(EmbeddingMatch::embeddingId).toList()));
        assertEquals("r2", found.get(0).embeddingId(), "the vector that replaced the first");
        assertEquals("text 2", found.get(0).embedded().text());
        uuids.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(vectors.get(0))
                        .maxResults(9)
                        .build())
                .matches()
                .forEach(m -> assertEquals(
                        m.embeddingId(),
                        java.util.UUID.fromString(m.embeddingId()).toString()));
        uuids.addAll(Fixed.ids(7, 8), vectors.subList(0, 1), Fixed.texts(7, 8));
        BadInputException e = assertThrows(
                BadInputException.class,
                () -> named.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(vectors.get(0))
                        .maxResults(9)
                        .build()));
        assertTrue(e.getMessage().contains("r7"), e.getMessage());
        assertThrows(BadInputException.class, () -> named.add(vectors.get(0)));
    }
}

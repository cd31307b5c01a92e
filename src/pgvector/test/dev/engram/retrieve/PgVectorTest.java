package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.world.Fact;
import dev.engram.world.World;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingStore;
import dev.langchain4j.store.embedding.pgvector.PgVectorEmbeddingStore;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Retrieval from a PostgreSQL with pgvector gives what an exact scan gives. Skipped where there is none. */
class PgVectorTest {
    private static final int WIDTH = 16;

    private static TemporaryPostgres postgres;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        Optional<Path> bin = TemporaryPostgres.installed();
        assumeTrue(
                bin.isPresent(),
                "no PostgreSQL with pgvector here; install postgresql-NN-pgvector (Debian 13 and newer), or set ENGRAM_POSTGRES to a bin folder");
        postgres = TemporaryPostgres.start(bin.get());
    }

    @AfterAll
    static void stop() throws IOException {
        if (postgres != null) {
            postgres.close();
        }
    }

    private static EmbeddingStore<TextSegment> table(String name, int width) {
        return new NamedStore(PgVectorEmbeddingStore.builder()
                .host("127.0.0.1")
                .port(postgres.port())
                .database("postgres")
                .user(TemporaryPostgres.USER)
                .password(TemporaryPostgres.PASSWORD)
                .table(name)
                .dimension(width)
                .build());
    }

    private static List<EmbeddingMatch<TextSegment>> nearest(EmbeddingStore<TextSegment> store, Embedding query) {
        return store.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(query)
                        .maxResults(7)
                        .build())
                .matches();
    }

    @Test
    void theSameRowsInTheSameOrderAsAnExactScan() {
        List<Embedding> vectors = Fixed.clustered(520, WIDTH, 3);
        try (ExactStore exact = new ExactStore()) {
            EmbeddingStore<TextSegment> there = table("clusters", WIDTH);
            for (EmbeddingStore<TextSegment> store : List.of(exact, there)) {
                store.addAll(Fixed.ids(0, 500), vectors.subList(0, 500), Fixed.texts(0, 500));
                store.addAll(Fixed.ids(3, 4), vectors.subList(500, 501), Fixed.texts(3, 4)); // another vector of r3
                store.remove("r4");
            }
            for (Embedding query : vectors.subList(500, 520)) {
                List<EmbeddingMatch<TextSegment>> own = nearest(exact, query);
                List<EmbeddingMatch<TextSegment>> found = nearest(there, query);
                assertEquals(7, found.size());
                for (int i = 0; i < 7; i++) {
                    assertEquals(own.get(i).embeddingId(), found.get(i).embeddingId());
                    assertEquals(own.get(i).score(), found.get(i).score(), 1e-6);
                    assertEquals(
                            own.get(i).embedded().text(),
                            found.get(i).embedded().text());
                }
                assertTrue(nearest(there, vectors.get(4)).stream()
                        .noneMatch(m -> m.embeddingId().equals("r4")));
            }
            assertEquals("r3", nearest(there, vectors.get(500)).get(0).embeddingId());
            for (RetrievalStrategy s : List.of(
                    new RetrievalStrategy.TopK(),
                    new RetrievalStrategy.Threshold(0.3),
                    new RetrievalStrategy.Diverse(0.5, 3))) {
                EmbeddingRetriever a = new EmbeddingRetriever(null, exact, s);
                EmbeddingRetriever b = new EmbeddingRetriever(null, there, s);
                Embedding query = vectors.get(510);
                assertEquals(
                        a.nearest(query, 5).stream().map(Hit::id).toList(),
                        b.nearest(query, 5).stream().map(Hit::id).toList(),
                        s.toString());
            }
        }
    }

    @Test
    void withoutTheNamesAnIdThatIsNoUuidIsRefused() {
        // what NamedStore is for; should this pass one day, it can go
        EmbeddingStore<TextSegment> bare = PgVectorEmbeddingStore.builder()
                .host("127.0.0.1")
                .port(postgres.port())
                .database("postgres")
                .user(TemporaryPostgres.USER)
                .password(TemporaryPostgres.PASSWORD)
                .table("bare")
                .dimension(WIDTH)
                .build();
        List<Embedding> one = Fixed.clustered(1, WIDTH, 1);
        assertThrows(RuntimeException.class, () -> bare.addAll(List.of("r0"), one, Fixed.texts(0, 1)));
    }

    /** Questions of Halcyon; rows go to the results folder that {@code -Dengram.results} names. */
    @Test
    @Tag("default-model")
    void questionsOfHalcyon() throws SQLException {
        World world = World.load(Path.of("data/halcyon"));
        List<Fact> facts = world.facts("heldout");
        List<String> questions =
                facts.stream().map(f -> f.heldoutQuestions().get(0)).toList();
        StringColumn names = StringColumn.create("store");
        DoubleColumn right = DoubleColumn.create("passage_among_5");
        DoubleColumn milliseconds = DoubleColumn.create("median_search_ms");
        DoubleColumn writing = DoubleColumn.create("write_seconds");
        List<List<String>> first = null;
        try (ExactStore exact = new ExactStore()) {
            for (EmbeddingStore<TextSegment> store :
                    List.of(exact, table("halcyon", Embedders.english().dimension()))) {
                EmbeddingRetriever retriever =
                        new EmbeddingRetriever(Embedders.english(), store, new RetrievalStrategy.TopK());
                long start = System.nanoTime();
                retriever.addAll(
                        world.passages().stream().map(p -> p.id()).toList(),
                        world.passages().stream().map(p -> p.text()).toList());
                writing.append((System.nanoTime() - start) / 1e9);
                double[] took = new double[questions.size()];
                List<List<String>> found = new java.util.ArrayList<>();
                int hits = 0;
                for (int i = 0; i < took.length; i++) {
                    Embedding query =
                            Embedders.english().embed(questions.get(i)).content();
                    start = System.nanoTime();
                    List<String> ids =
                            retriever.nearest(query, 5).stream().map(Hit::id).toList();
                    took[i] = (System.nanoTime() - start) / 1e6;
                    String id = facts.get(i).id();
                    hits += world.passages().stream().anyMatch(p -> p.facts().contains(id) && ids.contains(p.id()))
                            ? 1
                            : 0;
                    found.add(ids);
                }
                java.util.Arrays.sort(took);
                names.append(store == exact ? "exact, in memory" : "pgvector");
                right.append((double) hits / took.length);
                milliseconds.append(took[took.length / 2]);
                if (first != null) {
                    assertEquals(first, found, "the same passages in the same order");
                }
                first = found;
            }
        }
        Path results = Path.of(System.getProperty("engram.results", "target/results"));
        try (RunFolder run = RunFolder.open(results, "pgvector-retrieval", Profile.of("quick"), 0)) {
            run.setting("passages", world.passages().size())
                    .setting("questions", questions.size())
                    .setting("postgresql", version("SHOW server_version"))
                    .setting("pgvector", version("SELECT extversion FROM pg_extension WHERE extname = 'vector'"));
            run.rows(Table.create("rows", names, right, milliseconds, writing));
            run.commit();
        }
    }

    private static String version(String sql) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/postgres";
        try (Connection c = DriverManager.getConnection(url, TemporaryPostgres.USER, TemporaryPostgres.PASSWORD);
                ResultSet row = c.createStatement().executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}

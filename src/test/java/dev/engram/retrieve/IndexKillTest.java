package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes an index is killed again and again, while it adds, removes and rebuilds; nothing it reported is lost. */
class IndexKillTest {
    private static final int WIDTH = 16;
    private static final int ROWS = 4000;

    @TempDir
    Path temporary;

    private Path folder;

    /** Adds rows, removes every seventh at once, rebuilds every 50th; says each finished step. Begins where the index stands. */
    public static void main(String[] args) {
        int next = Integer.parseInt(args[1]);
        List<Embedding> vectors = Fixed.clustered(ROWS, WIDTH, 1);
        try (IndexStore store = IndexStore.open(Path.of(args[0]), WIDTH)) {
            for (int i = next; i < ROWS; i++) {
                store.addAll(List.of("r" + i), List.of(vectors.get(i)), Fixed.texts(i, i + 1));
                if (i % 7 == 6) {
                    store.remove("r" + (i - 3));
                }
                if (i % 50 == 49) {
                    store.rebuild();
                }
                System.out.println(i);
                System.out.flush();
            }
        }
    }

    @Test
    void whatWasReportedIsThere() throws IOException, InterruptedException {
        folder = temporary.resolve("index");
        List<Embedding> vectors = Fixed.clustered(ROWS, WIDTH, 1);
        int done = 0; // rows that were reported
        for (int life = 1; life <= 5; life++) {
            done = run(done, 60 + 37 * life); // now near a rebuild, now far from one
            try (IndexStore store = IndexStore.open(folder, WIDTH)) {
                int removed = 0;
                for (int i = 0; i < done; i++) {
                    boolean gone = i % 7 == 3 && i + 3 < done;
                    removed += gone ? 1 : 0;
                    if (i % 7 == 3 && i + 3 == done) {
                        continue; // the step that was under way removes it
                    }
                    String nearest = store.search(EmbeddingSearchRequest.builder()
                                    .queryEmbedding(vectors.get(i))
                                    .maxResults(1)
                                    .build())
                            .matches()
                            .get(0)
                            .embeddingId();
                    assertEquals(!gone, nearest.equals("r" + i), "row " + i + " of " + done + " in life " + life);
                }
                // the step that was under way may have happened or not: one row more, and one removed
                int more = store.size() - (done - removed);
                assertTrue(more >= -1 && more <= 1, more + " rows more than reported");
            }
        }
    }

    /** Lets a process go on from a row until it has reported so many more, and kills it. */
    private int run(int from, int steps) throws IOException, InterruptedException {
        Path said = folder.resolveSibling("said-" + from);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        IndexKillTest.class.getName(),
                        folder.toString(),
                        "" + from)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(said.toFile())
                .start();
        try {
            while (lines(said) < steps) {
                assertTrue(process.isAlive(), "the process ended by itself after " + lines(said) + " rows");
                Thread.sleep(1);
            }
        } finally {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        return from + lines(said);
    }

    /** Whole lines of a file. */
    private static int lines(Path file) throws IOException {
        return (int) Files.readString(file).chars().filter(c -> c == '\n').count();
    }
}

package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.langchain4j.data.embedding.Embedding;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.disk.OnDiskGraphIndex;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GraphTest {
    private static final int ROWS = 400;
    /** One build of twenty was at fault. */
    private static final int BUILDS = 100;

    private static final int BEAM = 200;

    @TempDir
    Path folder;

    /** A build on several cores once left rows without edges to them, which no search met. */
    @Test
    void everyRowIsFound() throws IOException {
        List<float[]> units = Fixed.clustered(10 * ROWS, 16, 1).stream()
                .limit(ROWS)
                .map(Embedding::vector)
                .map(Vectors::unit)
                .toList();
        for (int build = 0; build < BUILDS; build++) {
            Path file = folder.resolve("graph-" + build);
            try (GraphIndexBuilder builder = NewGraph.build(NewGraph.vectors(units), NewGraph.FIRST)) {
                OnDiskGraphIndex.write(builder.getGraph(), NewGraph.vectors(units), file);
            }
            try (Graph graph = Graph.open(file)) {
                List<Integer> lost = IntStream.range(0, ROWS)
                        .filter(i -> graph.search(units.get(i), 1, BEAM, row -> true)
                                        .get(0)
                                        .row()
                                != i)
                        .boxed()
                        .toList();
                assertEquals(List.of(), lost, "build " + build);
            }
        }
    }
}

package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import io.github.jbellis.jvector.disk.SimpleMappedReader;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.disk.OnDiskGraphIndex;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * JVector's graph of near neighbours in a memory-mapped file, with the full vectors beside the edges (Vamana; Subramanya and others
 * 2019). A search walks from a fixed row towards the query and keeps the best {@code beam} rows it has seen, so its scores are exact and
 * only its choice is approximate. Distances are cosines of unit vectors.
 */
final class Graph implements AutoCloseable {
    private final OnDiskGraphIndex index;
    private final SimpleMappedReader.Supplier file;
    private final GraphSearcher searcher;
    private final OnDiskGraphIndex.View view;

    private Graph(SimpleMappedReader.Supplier file) {
        this.file = file;
        index = OnDiskGraphIndex.load(file);
        searcher = new GraphSearcher(index);
        view = (OnDiskGraphIndex.View) searcher.getView();
    }

    /** Builds the graph of at least one row and writes it; of more than 5,000 rows on all cores, and then two builds differ in some edges. */
    static void build(Path target, List<float[]> units) throws IOException {
        int width = units.get(0).length;
        long bytes = units.size() * 4L * (width + NewGraph.DEGREE + 2);
        if (bytes > Integer.MAX_VALUE) {
            throw new BadInputException("An index of " + units.size() + " rows of " + width + " numbers takes " + bytes
                    + " bytes, but the mapped file holds at most 2 GB; split the rows among several folders.");
        }
        ListRandomAccessVectorValues rows = NewGraph.vectors(units);
        try (GraphIndexBuilder builder = NewGraph.build(rows)) {
            OnDiskGraphIndex.write(builder.getGraph(), rows, target);
        }
        try (FileChannel written = FileChannel.open(target, StandardOpenOption.WRITE)) {
            written.force(true);
        }
    }

    static Graph open(Path file) throws IOException {
        return new Graph(new SimpleMappedReader.Supplier(file));
    }

    int rows() {
        return index.size(0);
    }

    int width() {
        return index.getDimension();
    }

    float[] vector(int row) {
        VectorFloat<?> v = view.getVector(row);
        float[] copy = new float[v.length()];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = v.get(i);
        }
        return copy;
    }

    /** At most k rows that pass, best first, of the {@code beam} best that the walk has met. */
    List<Rows.Scored> search(float[] unit, int k, int beam, IntPredicate passes) {
        VectorFloat<?> query = NewGraph.vector(unit);
        Bits bits = passes::test;
        SearchResult result = searcher.search(
                new DefaultSearchScoreProvider(view.rerankerFor(query, NewGraph.DOT)),
                k,
                Math.max(k, beam),
                0,
                0,
                bits);
        return NewGraph.scored(result);
    }

    @Override
    public void close() throws IOException {
        searcher.close();
        index.close();
        file.close();
    }
}

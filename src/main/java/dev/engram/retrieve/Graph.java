package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import dev.engram.report.Progress;
import io.github.jbellis.jvector.disk.SimpleMappedReader;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.disk.OnDiskGraphIndex;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;

/**
 * JVector's graph of near neighbours in a memory-mapped file, with the full vectors beside the edges (Vamana; Subramanya and others
 * 2019). A search walks from a fixed row towards the query and keeps the best {@code beam} rows it has seen, so its scores are exact and
 * only its choice is approximate. Distances are cosines of unit vectors.
 */
final class Graph implements AutoCloseable {
    /** Edges a row. */
    private static final int DEGREE = 16;

    private static final int BUILD_BEAM = 100;
    private static final float OVERFLOW = 1.2f;
    private static final float ALPHA = 1.2f;
    private static final VectorSimilarityFunction DOT = VectorSimilarityFunction.DOT_PRODUCT;
    /** Kept, or the setting would be lost: on Java 17 the library warns that it cannot use Java 20's vectors. */
    private static final Logger LIBRARY = Logger.getLogger("io.github.jbellis.jvector");

    private static final VectorTypeSupport TYPES;

    static {
        LIBRARY.setLevel(Level.SEVERE);
        TYPES = VectorizationProvider.getInstance().getVectorTypeSupport();
    }

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

    /** Builds the graph of at least one row on all cores and writes it; two builds differ in some edges. */
    static void build(Path target, List<float[]> units) throws IOException {
        int width = units.get(0).length;
        long bytes = units.size() * 4L * (width + DEGREE + 2);
        if (bytes > Integer.MAX_VALUE) {
            throw new BadInputException("An index of " + units.size() + " rows of " + width + " numbers takes " + bytes
                    + " bytes, but the mapped file holds at most 2 GB; split the rows among several folders.");
        }
        List<VectorFloat<?>> vectors = new ArrayList<>();
        units.forEach(u -> vectors.add(TYPES.createFloatVector(u)));
        ListRandomAccessVectorValues rows = new ListRandomAccessVectorValues(vectors, width);
        try (Progress progress = Progress.start("Building the index", units.size());
                GraphIndexBuilder builder = new GraphIndexBuilder(
                        BuildScoreProvider.randomAccessScoreProvider(rows, DOT),
                        width,
                        DEGREE,
                        BUILD_BEAM,
                        OVERFLOW,
                        ALPHA,
                        false)) {
            IntStream.range(0, units.size()).parallel().forEach(i -> {
                builder.addGraphNode(i, rows.getVector(i));
                progress.step();
            });
            builder.cleanup();
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
        VectorFloat<?> query = TYPES.createFloatVector(unit);
        Bits bits = passes::test;
        SearchResult result = searcher.search(
                new DefaultSearchScoreProvider(view.rerankerFor(query, DOT)), k, Math.max(k, beam), 0, 0, bits);
        List<Rows.Scored> best = new ArrayList<>();
        for (SearchResult.NodeScore n : result.getNodes()) {
            best.add(new Rows.Scored(n.node, 2 * n.score - 1)); // JVector's score is (1 + cosine) / 2
        }
        return best;
    }

    @Override
    public void close() throws IOException {
        searcher.close();
        index.close();
        file.close();
    }
}

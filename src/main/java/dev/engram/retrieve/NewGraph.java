package dev.engram.retrieve;

import dev.engram.report.Progress;
import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;

/** How JVector's graph of near neighbours is built here (Vamana; Subramanya and others 2019), for {@link Graph} and {@link HeapGraph}. */
final class NewGraph {
    /** Edges a row. */
    static final int DEGREE = 16;

    private static final int BUILD_BEAM = 100;
    /** Rows that are added one after another at first; of a graph's first rows, one added beside another may stay without edges to it. */
    static final int FIRST = 64;
    /** Up to so many rows are added one after another, so that two builds are equal; on one core that takes seconds at most. */
    private static final int ALIKE = 5000;
    /** Fewer rows take less than three seconds and need no progress. */
    private static final int QUICK = 2000;

    private static final float OVERFLOW = 1.2f;
    private static final float ALPHA = 1.2f;
    static final VectorSimilarityFunction DOT = VectorSimilarityFunction.DOT_PRODUCT;
    /** Kept, or the setting would be lost: on Java 17 the library warns that it cannot use Java 20's vectors. */
    private static final Logger LIBRARY = Logger.getLogger("io.github.jbellis.jvector");

    private static final VectorTypeSupport TYPES;

    static {
        LIBRARY.setLevel(Level.SEVERE);
        TYPES = VectorizationProvider.getInstance().getVectorTypeSupport();
    }

    private NewGraph() {}

    static VectorFloat<?> vector(float[] v) {
        return TYPES.createFloatVector(v);
    }

    /** Unit vectors of one width, at least one. */
    static ListRandomAccessVectorValues vectors(List<float[]> units) {
        List<VectorFloat<?>> vectors = new ArrayList<>();
        units.forEach(u -> vectors.add(vector(u)));
        return new ListRandomAccessVectorValues(vectors, units.get(0).length);
    }

    /**
     * A builder that holds the finished graph. Of more than 5,000 rows it is made on all cores, and two builds differ in some edges; of
     * fewer they are equal.
     */
    static GraphIndexBuilder build(ListRandomAccessVectorValues rows) {
        return build(rows, rows.size() <= ALIKE ? rows.size() : FIRST);
    }

    /** The same with the first {@code alone} rows added one after another and the others on all cores. */
    static GraphIndexBuilder build(ListRandomAccessVectorValues rows, int alone) {
        int n = rows.size();
        GraphIndexBuilder builder = new GraphIndexBuilder(
                BuildScoreProvider.randomAccessScoreProvider(rows, DOT),
                rows.dimension(),
                DEGREE,
                BUILD_BEAM,
                OVERFLOW,
                ALPHA,
                false);
        try (Progress progress = n < QUICK ? null : Progress.start("Building the index", n)) {
            IntConsumer add = i -> {
                builder.addGraphNode(i, rows.getVector(i));
                if (progress != null) {
                    progress.step();
                }
            };
            IntStream.range(0, alone).forEach(add);
            IntStream.range(alone, n).parallel().forEach(add);
        }
        builder.cleanup();
        return builder;
    }

    /** Rows with their cosines, best first. */
    static List<Rows.Scored> scored(SearchResult result) {
        List<Rows.Scored> best = new ArrayList<>();
        for (SearchResult.NodeScore n : result.getNodes()) {
            best.add(new Rows.Scored(n.node, 2 * n.score - 1)); // JVector's score is (1 + cosine) / 2
        }
        return best;
    }
}

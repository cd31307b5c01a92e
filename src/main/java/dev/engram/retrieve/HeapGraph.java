package dev.engram.retrieve;

import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/**
 * A graph of near neighbours in the heap, for what is small enough and never leaves it; the same graph as {@link IndexStore}'s, without
 * a file, texts or changes. Distances are cosines of unit vectors. Not for several threads at once; the garbage collector frees it.
 */
public final class HeapGraph {
    private final ListRandomAccessVectorValues rows;
    private final GraphSearcher searcher;

    /**
     * Builds the graph; of more than 5,000 rows on all cores, and then two builds differ in some edges.
     *
     * @param units at least one vector of length 1; kept, not copied
     */
    public HeapGraph(List<float[]> units) {
        rows = NewGraph.vectors(units);
        // The builder is not closed: its graph lives on in the searcher, and closing it frees only its per-thread
        // searchers.
        @SuppressWarnings("resource")
        GraphIndexBuilder builder = NewGraph.build(rows);
        searcher = new GraphSearcher(builder.getGraph());
    }

    public int size() {
        return rows.size();
    }

    /**
     * Walks towards a query of length 1 and hands over the rows it found, best first.
     *
     * @param k at most so many rows
     * @param beam rows kept at hand on the way; more find more and take longer
     * @param passes which rows count; the others are walked over
     */
    public void search(float[] unit, int k, int beam, IntPredicate passes, IntConsumer found) {
        Bits bits = passes::test;
        SearchResult result = searcher.search(
                DefaultSearchScoreProvider.exact(NewGraph.vector(unit), NewGraph.DOT, rows),
                k,
                Math.max(k, beam),
                0,
                0,
                bits);
        for (SearchResult.NodeScore n : result.getNodes()) {
            found.accept(n.node);
        }
    }
}

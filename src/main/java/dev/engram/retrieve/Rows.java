package dev.engram.retrieve;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntPredicate;

/** What both stores need: the best of many scores, and a match made of a row. */
final class Rows {
    /** A row and its cosine with the query. */
    record Scored(int row, float cosine) {}

    private static final Comparator<Scored> WORST_FIRST =
            Comparator.comparingDouble(Scored::cosine).thenComparing(s -> -s.row);

    private Rows() {}

    /** The k largest of {@code cosines} among the rows that pass and reach {@code least}, best first. */
    static List<Scored> best(float[] cosines, int rows, int k, double least, IntPredicate passes) {
        PriorityQueue<Scored> heap = new PriorityQueue<>(WORST_FIRST);
        float bar = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < rows; i++) {
            if (cosines[i] > bar && cosines[i] >= least && passes.test(i)) {
                heap.add(new Scored(i, cosines[i]));
                if (heap.size() > k) {
                    heap.poll();
                }
                if (heap.size() == k) {
                    bar = heap.element().cosine;
                }
            }
        }
        return heap.stream().sorted(WORST_FIRST.reversed()).toList();
    }

    static EmbeddingMatch<TextSegment> match(String id, float cosine, float[] vector, TextSegment text) {
        return new EmbeddingMatch<>(Vectors.relevance(cosine), id, Embedding.from(vector), text);
    }
}

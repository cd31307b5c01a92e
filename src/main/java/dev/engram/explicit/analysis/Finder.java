package dev.engram.explicit.analysis;

import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.RetrievalStrategy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Finds the texts of the best references, at most k. */
@FunctionalInterface
public interface Finder {
    List<String> find(String query, int k);

    /**
     * The three strategies that the seed names (section 5.3), as this project reads them, by name. The threshold is the median similarity of
     * the third best text on some other questions, so that about three texts pass it.
     */
    static Map<String, RetrievalStrategy> strategies(EmbeddingRetriever index, List<String> others) {
        double[] third = others.stream()
                .mapToDouble(q -> index.retrieve(q, 3).get(2).score())
                .sorted()
                .toArray();
        Map<String, RetrievalStrategy> all = new LinkedHashMap<>();
        all.put("top-k", new RetrievalStrategy.TopK());
        all.put("threshold", new RetrievalStrategy.Threshold(third[third.length / 2]));
        all.put("diverse", new RetrievalStrategy.Diverse(0.7, 4));
        return all;
    }

    /** Texts that are searched by the embedding model; the store stays open as long as the process. */
    static EmbeddingRetriever index(List<String> texts) {
        EmbeddingRetriever retriever =
                new EmbeddingRetriever(Embedders.english(), new ExactStore(), new RetrievalStrategy.TopK());
        retriever.addAll(
                IntStream.range(0, texts.size()).mapToObj(String::valueOf).toList(), texts);
        return retriever;
    }

    /** A search with one of the strategies. */
    static Finder of(EmbeddingRetriever index, RetrievalStrategy strategy) {
        EmbeddingRetriever own = index.with(strategy);
        return (query, k) ->
                own.retrieve(query, k).stream().map(hit -> hit.text()).toList();
    }
}

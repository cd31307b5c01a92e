package dev.engram.tiers;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An embedding model that computes each text once: the streams of an experiment pass by many arms. Not safe for several threads. */
public final class CachedEmbeddings implements EmbeddingModel {
    private final EmbeddingModel model;
    private final Map<String, Embedding> known = new HashMap<>();

    public CachedEmbeddings(EmbeddingModel model) {
        this.model = Objects.requireNonNull(model);
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        Map<String, TextSegment> missing = new LinkedHashMap<>();
        segments.stream().filter(s -> !known.containsKey(s.text())).forEach(s -> missing.put(s.text(), s));
        if (!missing.isEmpty()) {
            List<Embedding> found =
                    model.embedAll(List.copyOf(missing.values())).content();
            int i = 0;
            for (String text : missing.keySet()) {
                known.put(text, found.get(i++));
            }
        }
        return Response.from(segments.stream().map(s -> known.get(s.text())).toList());
    }

    /** The vector of a text. */
    public Embedding of(String text) {
        return embed(text).content();
    }

    /** Texts in store. */
    public int size() {
        return known.size();
    }
}

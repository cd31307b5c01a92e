package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Two-stage retrieval (seed 003, section 6.3, "improved memory retrieval"): a cheap retriever finds {@code factor · k} candidates,
 * a better embedding model orders them. The candidates are embedded anew for every query, as in the seed.
 *
 * <p>Differs from the seed in that the best stand first (its {@code argsort(...)[-k:]} returns them last) and in that the
 * factor is a parameter (2 there).
 *
 * @param coarse first stage
 * @param fine second stage
 * @param factor candidates for each text that is wanted
 */
public record CoarseToFine(Retriever coarse, EmbeddingModel fine, int factor) implements Retriever {
    public CoarseToFine {
        if (factor < 1) {
            throw new BadInputException("The factor of the coarse stage is " + factor + "; give at least 1.");
        }
    }

    @Override
    public List<Hit> retrieve(String query, int k) {
        List<Hit> candidates = coarse.retrieve(query, Math.multiplyExact(k, factor));
        if (candidates.isEmpty()) {
            return candidates;
        }
        float[] q = Vectors.unit(fine.embed(query).content().vector());
        var vectors = fine.embedAll(
                        candidates.stream().map(h -> TextSegment.from(h.text())).toList())
                .content();
        List<Hit> scored = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            Hit h = candidates.get(i);
            double cosine = Vectors.dot(q, Vectors.unit(vectors.get(i).vector()));
            scored.add(new Hit(h.id(), h.text(), cosine));
        }
        scored.sort(Comparator.comparingDouble(Hit::score).reversed());
        return List.copyOf(scored.subList(0, Math.min(k, scored.size())));
    }
}

package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of the best candidates are taken: the three strategies that seed 003, section 5.3, compares by name (top-k,
 * semantic-similarity, diverse-sampling). The seed leaves open what they are; each record says our reading.
 */
public sealed interface RetrievalStrategy {
    /** How many candidates the store is asked for, when k are wanted. */
    int pool(int k);

    /**
     * Takes at most k of the candidates.
     *
     * @param candidates best first, with their vectors
     */
    List<EmbeddingMatch<TextSegment>> choose(List<EmbeddingMatch<TextSegment>> candidates, int k);

    /** The k best. */
    record TopK() implements RetrievalStrategy {
        @Override
        public int pool(int k) {
            return k;
        }

        @Override
        public List<EmbeddingMatch<TextSegment>> choose(List<EmbeddingMatch<TextSegment>> candidates, int k) {
            return candidates.subList(0, Math.min(k, candidates.size()));
        }
    }

    /**
     * The seed's semantic similarity: those of the k best that are similar enough, which may be none.
     *
     * @param cosine least similarity, −1 to 1
     */
    record Threshold(double cosine) implements RetrievalStrategy {
        public Threshold {
            if (!(cosine >= -1 && cosine <= 1)) {
                throw new BadInputException("The least cosine is " + cosine + "; give one from -1 to 1.");
            }
        }

        @Override
        public int pool(int k) {
            return k;
        }

        @Override
        public List<EmbeddingMatch<TextSegment>> choose(List<EmbeddingMatch<TextSegment>> candidates, int k) {
            return candidates.stream()
                    .limit(k)
                    .filter(m -> Vectors.cosine(m.score()) >= cosine)
                    .toList();
        }
    }

    /**
     * The seed's diverse sampling, as maximal marginal relevance (Carbonell and Goldstein 1998): one after the other, the
     * candidate with the highest {@code relevance · cos(query, d) − (1 − relevance) · max cos(d, taken)}. It draws nothing, so
     * the same query gives the same texts.
     *
     * @param relevance 1 is top-k, 0 looks at diversity only
     * @param factor candidates for each text that is wanted
     */
    record Diverse(double relevance, int factor) implements RetrievalStrategy {
        public Diverse {
            if (!(relevance >= 0 && relevance <= 1) || factor < 1) {
                throw new BadInputException("The diverse strategy has relevance " + relevance + " and factor " + factor
                        + "; give a relevance from 0 to 1 and a factor of at least 1.");
            }
        }

        @Override
        public int pool(int k) {
            return Math.multiplyExact(k, factor);
        }

        @Override
        public List<EmbeddingMatch<TextSegment>> choose(List<EmbeddingMatch<TextSegment>> candidates, int k) {
            List<EmbeddingMatch<TextSegment>> left = new ArrayList<>(candidates);
            double[] nearest = new double[candidates.size()]; // largest cosine with a taken text, in the order of left
            List<EmbeddingMatch<TextSegment>> taken = new ArrayList<>();
            while (taken.size() < k && !left.isEmpty()) {
                int best = 0;
                for (int i = 1; i < left.size(); i++) {
                    if (value(left, nearest, i) > value(left, nearest, best)) {
                        best = i;
                    }
                }
                EmbeddingMatch<TextSegment> chosen = left.remove(best);
                System.arraycopy(nearest, best + 1, nearest, best, nearest.length - best - 1);
                for (int i = 0; i < left.size(); i++) {
                    double cos = cosine(left.get(i), chosen);
                    nearest[i] = taken.isEmpty() ? cos : Math.max(nearest[i], cos);
                }
                taken.add(chosen);
            }
            return taken;
        }

        private double value(List<EmbeddingMatch<TextSegment>> left, double[] nearest, int i) {
            return relevance * Vectors.cosine(left.get(i).score()) - (1 - relevance) * nearest[i];
        }

        private static double cosine(EmbeddingMatch<TextSegment> a, EmbeddingMatch<TextSegment> b) {
            return Vectors.dot(
                    Vectors.unit(a.embedding().vector()),
                    Vectors.unit(b.embedding().vector()));
        }
    }
}

package dev.engram.explicit;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.AdaptiveIntegration;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.Hit;
import dev.engram.retrieve.RetrievalStrategy;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Search in a bank whose number of memories and strategy may be changed between two retrievals, even while an {@link ExplicitLm} uses
 * it: the seed's set_retrieval_count, set_memory_count and set_retrieval_strategy (seed 003, sections 5.2 to 5.4), and how much
 * each memory counts (6.3). References that the index still finds and the bank no longer holds are left out.
 */
public final class BankSearch implements Retrieval {
    private final ReferenceBank bank;
    private volatile EmbeddingRetriever retriever;
    private volatile int count;
    private volatile AdaptiveIntegration integration;

    /**
     * A search.
     *
     * @param retriever finds ids of the bank
     * @param count memories at once, five in the paper
     */
    public BankSearch(ReferenceBank bank, EmbeddingRetriever retriever, int count) {
        this.bank = bank;
        this.retriever = retriever;
        setCount(count);
    }

    /** How many memories are read at once from the next retrieval on. */
    public void setCount(int memories) {
        if (memories < 1) {
            throw new BadInputException(memories + " memories are to be read at once; ask for at least 1.");
        }
        count = memories;
    }

    public int count() {
        return count;
    }

    /** How they are chosen from the next retrieval on. */
    public void setStrategy(RetrievalStrategy strategy) {
        retriever = retriever.with(strategy);
    }

    /**
     * Lets memories count by their scores from the next retrieval on, the best one fully: what a search knows of the query tells
     * memories that were written apart from one another better than the model does.
     *
     * @param by null for all alike, as the paper has it
     */
    public void setIntegration(AdaptiveIntegration by) {
        integration = by;
    }

    @Override
    public List<String> retrieve(String query) {
        return hits(query).stream().map(Hit::id).toList();
    }

    @Override
    public List<Found> weighted(String query) {
        List<Hit> hits = hits(query);
        AdaptiveIntegration by = integration;
        double[] factors = by == null ? null : by.relative(hits);
        return IntStream.range(0, hits.size())
                .mapToObj(i -> new Found(hits.get(i).id(), factors == null ? 1 : factors[i]))
                .toList();
    }

    private List<Hit> hits(String query) {
        return retriever.retrieve(query, count).stream()
                .filter(h -> bank.contains(h.id()))
                .toList();
    }
}

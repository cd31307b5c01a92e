package dev.engram.explicit;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.Hit;
import dev.engram.retrieve.RetrievalStrategy;
import java.util.List;

/**
 * Search in a bank whose number of memories and strategy may be changed between two retrievals, even while an {@link ExplicitLm} uses
 * it: the seed's set_retrieval_count, set_memory_count and set_retrieval_strategy (seed 003, sections 5.2 to 5.4). References
 * that the index still finds and the bank no longer holds are left out.
 */
public final class BankSearch implements Retrieval {
    private final ReferenceBank bank;
    private volatile EmbeddingRetriever retriever;
    private volatile int count;

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

    @Override
    public List<String> retrieve(String query) {
        return retriever.retrieve(query, count).stream()
                .map(Hit::id)
                .filter(bank::contains)
                .toList();
    }
}

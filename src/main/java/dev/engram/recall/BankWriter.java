package dev.engram.recall;

import dev.engram.model.CausalLm;
import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;

/** Writes a corpus's bank with the untrained base. What is fresh takes no part in the means. */
final class BankWriter {
    /**
     * A bank and what stands beside it in training.
     *
     * @param others unit vectors of facts outside the bank
     */
    record Written(MemoryBank bank, List<float[]> others) {}

    private final CausalLm lm;
    private final RecallCorpus corpus;
    private final VectorSource source;

    BankWriter(CausalLm lm, RecallCorpus corpus, VectorSource source) {
        this.lm = lm;
        this.corpus = corpus;
        this.source = source;
    }

    /** The bank in the corpus's order: trained, distractors, fresh. */
    Written write(boolean centred) {
        List<Fact> known = new ArrayList<>(corpus.trained());
        known.addAll(corpus.distractors());
        List<float[]> vectors = new ArrayList<>(vectors(known));
        Centring centring = centred ? Centring.of(vectors, queries()) : Centring.none(source.width());
        vectors.addAll(vectors(corpus.fresh()));
        MemoryBank bank = new MemoryBank(
                lm.decoder().backend().fingerprint(), source.name(), centring, MemoryBank.DEFAULT_CAP, Eviction.LRU);
        List<Fact> all = corpus.bank();
        for (int i = 0; i < all.size(); i++) {
            bank.add(RecallCorpus.memory(all.get(i)), vectors.get(i));
        }
        corpus.trained().forEach(f -> bank.learned(f.id(), true));
        List<float[]> others = vectors(TrainingRows.others(corpus)).stream()
                .map(centring::memory)
                .toList();
        return new Written(bank, others);
    }

    private List<float[]> vectors(List<Fact> facts) {
        return source.vectors(facts.stream().map(Fact::statement).toList());
    }

    /** Queries of the untrained model: one training question of each memory. */
    private List<float[]> queries() {
        List<RecallTest.Question> questions = corpus.trained().stream()
                .map(f -> RecallTest.Question.trained(f, 0))
                .toList();
        return new RecallTest(lm, corpus, RecallSettings.seed(), null, 0).queries(questions);
    }
}

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
    private final int others;

    /**
     * A writer.
     *
     * @param others most facts outside the bank that are written too, as candidates of training
     */
    BankWriter(CausalLm lm, RecallCorpus corpus, VectorSource source, int others) {
        this.lm = lm;
        this.corpus = corpus;
        this.source = source;
        this.others = others;
    }

    /** The bank in the corpus's order: trained, distractors, fresh. */
    Written write(boolean centred) {
        List<float[]> known = known();
        return write(known, centred ? Centring.of(known, queries()) : Centring.none(source.width()));
    }

    /** The same with the means of an earlier round, so that its memories keep their vectors. */
    Written write(Centring centring) {
        return write(known(), centring);
    }

    private List<float[]> known() {
        List<Fact> known = new ArrayList<>(corpus.trained());
        known.addAll(corpus.distractors());
        return vectors(known);
    }

    private Written write(List<float[]> known, Centring centring) {
        List<float[]> vectors = new ArrayList<>(known);
        vectors.addAll(vectors(corpus.fresh()));
        MemoryBank bank = new MemoryBank(
                lm.decoder().backend().fingerprint(), source.name(), centring, MemoryBank.DEFAULT_CAP, Eviction.LRU);
        List<Fact> all = corpus.bank();
        for (int i = 0; i < all.size(); i++) {
            bank.add(RecallCorpus.memory(all.get(i)), vectors.get(i));
        }
        corpus.trained().forEach(f -> bank.learned(f.id(), true));
        List<float[]> outside = vectors(TrainingRows.others(corpus, others)).stream()
                .map(centring::memory)
                .toList();
        return new Written(bank, outside);
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

package dev.engram.recall;

import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What the seed's trainer looks at after every epoch (test_memory_recall): a few memories, said by their true vector and by the one that
 * their question retrieves.
 */
record EpochTest(RecallTest test, RecallCorpus corpus, long seed) {
    /** Memories of a test. */
    private static final int TESTED = 2;

    /** One line for each memory. */
    List<String> lines(MemoryHead memories, int epoch) {
        SplittableRandom random = Shuffle.stream(seed, "recall test".hashCode(), epoch);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < TESTED; i++) {
            int memory = random.nextInt(corpus.trained().size());
            Fact fact = corpus.trained().get(memory);
            RecallTest.Question question = RecallTest.Question.trained(fact, memory);
            int found = memories.best(test.queries(List.of(question)).get(0));
            List<float[]> vectors =
                    List.of(memories.bank().vector(memory), memories.bank().vector(found));
            List<String> said = test.said(corpus.ordinaryTrain().get(0), vectors);
            lines.add("epoch " + epoch + ", recall test: '" + fact.statement() + "' by its vector: '" + said.get(0)
                    + "', by the retrieved one (" + (found == memory ? "right" : "wrong") + "): '" + said.get(1) + "'");
        }
        return lines;
    }
}

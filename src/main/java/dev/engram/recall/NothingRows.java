package dev.engram.recall;

import dev.engram.world.Fact;
import java.util.List;
import java.util.SplittableRandom;

/** Rows on what no memory of the bank tells: unknown names, and facts that were never stored. The head's target is "nothing". */
final class NothingRows {
    /** What the model says it remembers when nothing fits. */
    static final String TEXT = "Nothing comes to mind.";

    private static final String ANSWER = "I do not know anything about that.";

    private final RecallCorpus corpus;
    private final RowBuilder rows;
    /** Facts that are not among the candidates. */
    private final List<Fact> absent;

    NothingRows(RecallCorpus corpus, RowBuilder rows, int others) {
        this.corpus = corpus;
        this.rows = rows;
        this.absent = corpus.others()
                .subList(
                        TrainingRows.others(corpus, others).size(),
                        corpus.others().size());
    }

    RecallRow draw(SplittableRandom random) {
        String question;
        String answer = ANSWER;
        if (random.nextBoolean() && !corpus.unknownTrain().isEmpty() || absent.isEmpty()) {
            var unknown = corpus.unknownTrain()
                    .get(random.nextInt(corpus.unknownTrain().size()));
            question = unknown.question();
            answer = unknown.answer();
        } else {
            Fact fact = absent.get(random.nextInt(absent.size()));
            question = fact.trainQuestions()
                    .get(random.nextInt(fact.trainQuestions().size()));
        }
        return rows.full(SftSample.of(-1, question, answer), random, TEXT, RecallRow.NOTHING);
    }
}

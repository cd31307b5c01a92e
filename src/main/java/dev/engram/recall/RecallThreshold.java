package dev.engram.recall;

import dev.engram.world.Fact;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * From where on {@code <recall>} may begin an answer: found after training, on questions about memories that were stored but never
 * asked for, and on ordinary prompts that were held back from training.
 *
 * @param bias to add to the logit of {@code <recall>}
 * @param report one line on what the bias does
 */
record RecallThreshold(double bias, String report) {
    /** Every so many ordinary prompts of training one is held back. */
    private static final int EVERY = 5;

    /** Ordinary prompts that training keeps. */
    static List<String> kept(RecallCorpus corpus) {
        return part(corpus, false);
    }

    private static List<String> part(RecallCorpus corpus, boolean heldBack) {
        List<String> part = new ArrayList<>();
        for (int i = 0; i < corpus.ordinaryTrain().size(); i++) {
            if (heldBack == (i % EVERY == EVERY - 1)) {
                part.add(corpus.ordinaryTrain().get(i));
            }
        }
        return part;
    }

    /** The threshold of a trained model on a corpus that has distractors. */
    static RecallThreshold of(RecallTest test, RecallCorpus corpus) {
        List<String> asking = new ArrayList<>();
        for (Fact f : corpus.distractors()) {
            asking.addAll(f.trainQuestions());
        }
        double[] ordinary = test.recallMargins(part(corpus, true));
        double[] questions = test.recallMargins(asking);
        double limit = NothingThreshold.between(ordinary, questions);
        return new RecallThreshold(
                -limit,
                String.format(
                        Locale.ROOT,
                        "bias of <recall> %.3f: of %d ordinary prompts %.3f recall (%.3f without it), of %d questions %.3f (%.3f)",
                        -limit,
                        ordinary.length,
                        RecallTest.above(ordinary, limit),
                        RecallTest.above(ordinary, 0),
                        questions.length,
                        RecallTest.above(questions, limit),
                        RecallTest.above(questions, 0)));
    }
}

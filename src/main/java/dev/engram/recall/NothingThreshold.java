package dev.engram.recall;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Where the nothing slot begins to win: found after training, by training's own data, so that questions on memories that are stored
 * but were never asked for, and questions on what nobody has heard of, are told apart best.
 *
 * @param limit margin above which the head is to abstain
 * @param report one line on what the limit does
 */
record NothingThreshold(double limit, String report) {
    /** The threshold of a head on a corpus that has distractors and unknown names. */
    static NothingThreshold of(MemoryHead head, RecallTest test, RecallCorpus corpus) {
        List<RecallTest.Question> stored = corpus.distractors().stream()
                .map(f -> RecallTest.Question.trained(f, 0))
                .toList();
        List<RecallTest.Question> unknown = corpus.unknownTrain().stream()
                .limit(stored.size())
                .map(u -> new RecallTest.Question(u.question(), -1))
                .toList();
        double[] known = RecallTest.margins(head, test.queries(stored));
        double[] strange = RecallTest.margins(head, test.queries(unknown));
        double limit = between(known, strange);
        return new NothingThreshold(
                limit,
                String.format(
                        Locale.ROOT,
                        "bias moved by %.3f: of %d stored but never asked for %.2f are kept, of %d unknown %.2f refused",
                        -limit,
                        known.length,
                        1 - RecallTest.above(known, limit),
                        strange.length,
                        RecallTest.above(strange, limit)));
    }

    /** The limit above which most of {@code high} and least of {@code low} lie; between two values, the middle. */
    static double between(double[] low, double[] high) {
        double[] all = Arrays.copyOf(low, low.length + high.length);
        System.arraycopy(high, 0, all, low.length, high.length);
        Arrays.sort(all);
        double best = all[0] - 1e-6;
        double gain = RecallTest.above(high, best) - RecallTest.above(low, best);
        for (int i = 0; i < all.length; i++) {
            double limit = i + 1 < all.length ? (all[i] + all[i + 1]) / 2 : all[i];
            double now = RecallTest.above(high, limit) - RecallTest.above(low, limit);
            if (now > gain) {
                gain = now;
                best = limit;
            }
        }
        return best;
    }
}

package dev.engram.dual;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Made-up texts for training (the seed's {@code create_synthetic_dataset(num_samples, seq_len)}, which does not say what they hold).
 * Every token but the last of a text is labelled with the one that follows, across segments too.
 */
public final class SyntheticTexts {
    private SyntheticTexts() {}

    /** Uniform random tokens: nothing can be learned but by heart, and fresh ones cost ln(vocab) nats. */
    public static List<Sample> uniform(int samples, int length, int vocab, int window, long seed) {
        require(samples, length, vocab, window);
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, samples)
                .mapToObj(i -> cut(random.ints(length, 0, vocab).toArray(), window))
                .toList();
    }

    /** A Markov chain: each token is followed by one of a few, with fixed chances. */
    public static final class Markov {
        private static final double[] CHANCES = {0.7, 0.2, 0.1};
        private final int[][] followers;

        /**
         * A chain.
         *
         * @param seed of the chain; another seed is another language
         */
        public Markov(int vocab, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            followers = new int[vocab][];
            for (int i = 0; i < vocab; i++) {
                followers[i] = random.ints(0, vocab)
                        .distinct()
                        .limit(Math.min(vocab, CHANCES.length))
                        .toArray();
            }
        }

        /** Nats that a token costs who knows the chain. */
        public double entropy() {
            double h = 0;
            for (double p : CHANCES) {
                h -= p * Math.log(p);
            }
            return h;
        }

        /** Texts of the chain. */
        public List<Sample> texts(int samples, int length, int window, long seed) {
            require(samples, length, followers.length, window);
            SplittableRandom random = new SplittableRandom(seed);
            List<Sample> texts = new ArrayList<>();
            for (int s = 0; s < samples; s++) {
                int[] ids = new int[length];
                ids[0] = random.nextInt(followers.length);
                for (int t = 1; t < length; t++) {
                    double at = random.nextDouble();
                    int[] next = followers[ids[t - 1]];
                    ids[t] = at < CHANCES[0] ? next[0] : at < CHANCES[0] + CHANCES[1] ? next[1] : next[2];
                }
                texts.add(cut(ids, window));
            }
            return texts;
        }
    }

    /** A text in segments of the window, the last one shorter where it does not come out even. */
    static Sample cut(int[] ids, int window) {
        int n = (ids.length + window - 1) / window;
        int[][] segments = new int[n][];
        int[][] labels = new int[n][];
        for (int s = 0; s < n; s++) {
            int size = Math.min(window, ids.length - s * window);
            segments[s] = new int[size];
            labels[s] = new int[size];
            for (int t = 0; t < size; t++) {
                int at = s * window + t;
                segments[s][t] = ids[at];
                labels[s][t] = at + 1 < ids.length ? ids[at + 1] : Sample.NONE;
            }
        }
        return new Sample(segments, labels);
    }

    private static void require(int samples, int length, int vocab, int window) {
        if (samples < 1 || length < 2 || vocab < 3 || window < 1) {
            throw new BadInputException("The texts are " + samples + " of " + length + " tokens out of " + vocab
                    + " in segments of " + window + "; give 1 or more texts of 2 or more tokens out of 3 or more.");
        }
    }
}

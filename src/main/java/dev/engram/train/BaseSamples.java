package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.LeftPadded;
import dev.engram.model.Seams;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Texts drawn from a model's own distribution: temperature 1, the whole vocabulary. What {@link Replay} rehearses.
 *
 * <p>Differs from generation in that many short texts are wanted, so they are drawn side by side.
 */
public final class BaseSamples {
    private static final int AT_ONCE = 32;

    private BaseSamples() {}

    /**
     * Ordinary text: each sample starts with a token drawn evenly from the vocabulary, which spreads the subjects.
     *
     * @param tokens of a sample, the first one included
     */
    public static List<Example> text(CausalLm lm, int count, int tokens, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<int[]> starts = new ArrayList<>();
        while (starts.size() < count) {
            int id = random.nextInt(Math.min(lm.config().vocab(), lm.tokenizer().vocabSize()));
            if (!lm.tokenizer().isSpecial(id)) {
                starts.add(new int[] {id});
            }
        }
        return continuations(lm, starts, tokens - 1, random.nextLong());
    }

    /** Continuations of prompts, such as questions in the chat template; what is drawn is learned, the prompt is not. */
    public static List<Example> continuations(CausalLm lm, List<int[]> prompts, int newTokens, long seed) {
        if (newTokens < 1 || prompts.stream().anyMatch(p -> p.length == 0)) {
            throw new BadInputException("Samples of " + newTokens
                    + " new tokens were asked for, perhaps after an empty prompt; give at least 1 token of both.");
        }
        SplittableRandom random = new SplittableRandom(seed);
        List<Example> samples = new ArrayList<>();
        try (Progress progress = Progress.start("Samples of the base", prompts.size())) {
            for (int at = 0; at < prompts.size(); at += AT_ONCE) {
                List<int[]> part = prompts.subList(at, Math.min(prompts.size(), at + AT_ONCE));
                samples.addAll(draw(lm, part, newTokens, random));
                progress.step(part.size());
            }
        }
        return samples;
    }

    private static List<Example> draw(CausalLm lm, List<int[]> prompts, int newTokens, SplittableRandom random) {
        Decoder decoder = lm.decoder();
        int rows = prompts.size();
        LeftPadded batch = LeftPadded.of(prompts, 0);
        int[][] ids = batch.ids();
        int[][] drawn = new int[rows][newTokens];
        int[] length = new int[rows];
        boolean[] done = new boolean[rows];
        try (KvCache cache = decoder.newCache(rows, batch.padding())) {
            for (int t = 0; t < newTokens; t++) {
                int[] next = next(decoder, ids, cache, random);
                ids = new int[rows][1];
                for (int r = 0; r < rows; r++) {
                    ids[r][0] = next[r];
                    if (!done[r]) {
                        drawn[r][length[r]++] = next[r];
                        done[r] = lm.defaults().eos().contains(next[r]); // what follows an end is no text
                    }
                }
            }
        }
        List<Example> samples = new ArrayList<>();
        for (int r = 0; r < rows; r++) {
            samples.add(Labels.completion(prompts.get(r), Arrays.copyOf(drawn[r], length[r])));
        }
        return samples;
    }

    private static int[] next(Decoder decoder, int[][] ids, KvCache cache, SplittableRandom random) {
        try (NDManager scope = decoder.newScope()) {
            NDArray hidden = decoder.forward(scope, ids, cache, Seams.none());
            float[] logits = decoder.logits(scope, hidden, 1).toFloatArray(); // [rows, 1, vocab]
            int vocab = logits.length / ids.length;
            int[] next = new int[ids.length];
            for (int r = 0; r < ids.length; r++) {
                next[r] = pick(logits, r * vocab, vocab, random.nextDouble());
            }
            return next;
        }
    }

    /** The token at which the cumulated probability passes the draw. */
    private static int pick(float[] logits, int from, int vocab, double draw) {
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vocab; i++) {
            most = Math.max(most, logits[from + i]);
        }
        double[] cumulated = new double[vocab];
        double sum = 0;
        for (int i = 0; i < vocab; i++) {
            sum += Math.exp(logits[from + i] - most);
            cumulated[i] = sum;
        }
        int at = Arrays.binarySearch(cumulated, draw * sum);
        return Math.min(vocab - 1, at < 0 ? -at - 1 : at + 1);
    }
}

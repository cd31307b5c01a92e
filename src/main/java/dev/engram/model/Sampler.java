package dev.engram.model;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Chooses from logits: penalties, then temperature, top-k, top-p and min-p in transformers' order, then a draw. At
 * temperature 0 the likeliest is taken. Tokens and, in the recall scheme, memories are chosen by the same class.
 */
public final class Sampler {
    /** Up to this top-k the k largest are found in one pass; sorting 100,000 logits takes longer than computing them. */
    private static final int FEW = 64;

    private final GenerationConfig config;
    /** Not java.util.Random, whose first numbers are nearly the same (0.731) for all small seeds. */
    private final SplittableRandom random;

    private final Set<Integer> seen = new HashSet<>();
    private final Set<Integer> generated = new HashSet<>();

    public Sampler(GenerationConfig config) {
        this.config = config;
        this.random = new SplittableRandom(config.seed());
    }

    /** Whether the choice is the largest logit and nothing else matters. */
    boolean plainGreedy() {
        return config.temperature() == 0 && config.repetitionPenalty() == 1 && config.presencePenalty() == 0;
    }

    /** Tells the penalties what the prompt holds. */
    public void prompt(int[] ids) {
        Arrays.stream(ids).forEach(seen::add);
    }

    /** Chooses an index; the logits are changed. */
    public int choose(float[] logits) {
        penalise(logits);
        int chosen = config.temperature() == 0 ? argmax(logits) : draw(logits);
        accept(chosen);
        return chosen;
    }

    /** Counts a token that was chosen elsewhere. */
    void accept(int chosen) {
        seen.add(chosen);
        generated.add(chosen);
    }

    private void penalise(float[] logits) {
        if (config.repetitionPenalty() != 1) {
            for (int id : seen) {
                double l = logits[id];
                logits[id] = (float) (l > 0 ? l / config.repetitionPenalty() : l * config.repetitionPenalty());
            }
        }
        if (config.presencePenalty() != 0) {
            for (int id : generated) {
                logits[id] -= (float) config.presencePenalty();
            }
        }
    }

    static int argmax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private int draw(float[] logits) {
        Integer[] order = candidates(logits);
        double[] p = probabilities(logits, order);
        int kept = nucleus(p);
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            sum += p[i];
        }
        double at = random.nextDouble() * sum;
        for (int i = 0; i < kept; i++) {
            at -= p[i];
            if (at < 0) {
                return order[i];
            }
        }
        return order[kept - 1];
    }

    /** The top-k (or all) indices, likeliest first; equal logits in order of index. */
    private Integer[] candidates(float[] logits) {
        float floor = Float.NEGATIVE_INFINITY;
        int k = config.topK() == 0 ? logits.length : Math.min(config.topK(), logits.length);
        if (k < logits.length) {
            floor = largest(logits, k);
        }
        float least = floor;
        return IntStream.range(0, logits.length)
                .filter(i -> logits[i] >= least)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]))
                .toArray(Integer[]::new);
    }

    /** The k-th largest value. */
    private static float largest(float[] values, int k) {
        if (k > FEW) {
            float[] sorted = values.clone();
            Arrays.sort(sorted);
            return sorted[sorted.length - k];
        }
        float[] best = new float[k]; // ascending
        Arrays.fill(best, Float.NEGATIVE_INFINITY);
        for (float v : values) {
            if (v > best[0]) {
                int at = 0;
                while (at + 1 < k && best[at + 1] < v) {
                    best[at] = best[at + 1];
                    at++;
                }
                best[at] = v;
            }
        }
        return best[0];
    }

    private double[] probabilities(float[] logits, Integer[] order) {
        double[] p = new double[order.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp((logits[order[i]] - logits[order[0]]) / config.temperature());
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    /** How many of the descending probabilities stay: the token that reaches topP is the last one. */
    private int nucleus(double[] p) {
        int kept = p.length;
        if (config.topP() < 1) {
            double sum = 0;
            for (int i = 0; i < p.length; i++) {
                sum += p[i];
                if (sum >= config.topP()) {
                    kept = i + 1;
                    break;
                }
            }
        }
        // min-p compares with the likeliest, so it may be read off the unnormalised rest
        while (kept > 1 && p[kept - 1] < config.minP() * p[0]) {
            kept--;
        }
        return kept;
    }
}

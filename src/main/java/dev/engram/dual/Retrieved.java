package dev.engram.dual;

import java.util.Arrays;

/**
 * What a query found, best first.
 *
 * @param slots at most k slot numbers
 * @param scores q·k/√h + λ·log(importance) of each
 */
public record Retrieved(int[] slots, float[] scores) {
    public int size() {
        return slots.length;
    }

    /** What reaches a score: the "retrieval threshold" that seed 004 advises to adjust and nowhere defines. */
    public Retrieved atLeast(double score) {
        int n = 0;
        while (n < scores.length && scores[n] >= score) {
            n++;
        }
        return new Retrieved(Arrays.copyOf(slots, n), Arrays.copyOf(scores, n));
    }

    /** Soft attention over what was found: the softmax of the scores; empty where nothing was. */
    public float[] weights() {
        float[] weights = new float[scores.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) Math.exp(scores[i] - scores[0]); // the first is the largest
            sum += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= (float) sum;
        }
        return weights;
    }
}

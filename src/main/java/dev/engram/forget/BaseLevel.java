package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * Base-level activation of ACT-R (Anderson and Schooler 1991): ln Σ t_j^−d over all uses of a memory, the birth being the
 * first. Often and recently used slots stay; a use is attention above the average. Only the newest use, the number of uses
 * and the birth are kept; the uses between are taken as evenly spread (Petrov 2006, one exact term), with
 * (n − 1)(t_birth^(1−d) − t_1^(1−d)) / ((1 − d)(t_birth − t_1)) for their sum.
 */
final class BaseLevel implements SlotScorer {
    private final double decay;
    private final Recalls recalls = new Recalls(1);
    private final SlotValues uses = new SlotValues(1);
    /** Tokens seen at birth. */
    private final SlotValues births = new SlotValues(-1);

    /** {@code decay}: d, 0.5 in nearly all of ACT-R; not 1. */
    BaseLevel(double decay) {
        this.decay = decay;
    }

    @Override
    public int queries() {
        return ALL;
    }

    @Override
    public void observe(Layer layer) {
        float[] received = recalls.observe(layer);
        float[] used = uses.of(layer)[0];
        float[] born = births.of(layer)[0];
        int now = layer.cache().tokensSeen();
        for (int s = 0; s < used.length; s++) {
            used[s] += recalls.recalled(received[s]) ? layer.newTokens() : 0;
            born[s] = born[s] < 0 ? now - (used.length - 1 - s) : born[s];
        }
    }

    @Override
    public float[][] score(Layer layer) {
        float[] used = uses.of(layer)[0];
        float[] born = births.of(layer)[0];
        float[] score = recalls.age(layer);
        int now = layer.cache().tokensSeen();
        for (int s = 0; s < score.length; s++) {
            score[s] = (float) activation(used[s], score[s] + 1, now - born[s] + 1);
        }
        return new float[][] {score};
    }

    /** Activation of a memory used {@code n} times, {@code newest} tokens ago for the last and {@code birth} for the first time. */
    double activation(double n, double newest, double birth) {
        double sum = Math.pow(newest, -decay);
        if (n > 1) {
            double mean = birth - newest < 1
                    ? sum
                    : (Math.pow(birth, 1 - decay) - Math.pow(newest, 1 - decay)) / ((1 - decay) * (birth - newest));
            sum += (n - 1) * mean;
        }
        return Math.log(sum);
    }

    @Override
    public void kept(int layer, int[][] kept) {
        recalls.kept(layer, kept);
        uses.keep(layer, kept);
        births.keep(layer, kept);
    }
}

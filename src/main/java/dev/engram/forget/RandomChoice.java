package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import java.util.SplittableRandom;

/**
 * Chance, the baseline that any policy must beat. A slot draws its number once, when it is born, so that what stays is a
 * uniform sample of the text so far, and not of what the last decision left. All heads of a layer keep the same.
 */
final class RandomChoice implements SlotScorer {
    private final SlotValues drawn = new SlotValues(-1);
    private final SplittableRandom random;

    RandomChoice(long seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public float[][] score(Layer layer) {
        float[][] rows = drawn.of(layer);
        for (int s = rows[0].length - 1; s >= 0 && rows[0][s] < 0; s--) {
            rows[0][s] = (float) random.nextDouble();
        }
        return rows;
    }

    @Override
    public void kept(int layer, int[][] kept) {
        drawn.keep(layer, kept);
    }
}

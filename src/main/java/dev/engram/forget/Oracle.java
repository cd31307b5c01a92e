package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy.Layer;

/**
 * Knows the future: the worth of a slot is the attention that it will receive for the rest of the text, as the full cache paid it.
 * An upper bound for policies that rank by attention, in runs over the very text that was recorded. Not the best choice
 * there is: a slot's loss also changes what the others receive.
 */
public final class Oracle implements SlotScorer {
    private final FutureAttention future;
    /** Index in the text; −1 before the slot is known. */
    private final SlotValues index = new SlotValues(-1);

    public Oracle(FutureAttention future) {
        this.future = future;
    }

    @Override
    public void observe(Layer layer) {
        if (layer.cache().tokensSeen() > future.tokens()) {
            throw new BadInputException("The oracle knows the future of " + future.tokens()
                    + " tokens, but the text has " + layer.cache().tokensSeen() + "; record the whole text.");
        }
        for (float[] row : index.of(layer)) {
            for (int s = row.length - 1; s >= 0 && row[s] < 0; s--) {
                row[s] = layer.cache().tokensSeen() - (row.length - s);
            }
        }
    }

    @Override
    public float[][] score(Layer layer) {
        int heads = layer.cache().config().kvHeads();
        float[][] own = index.of(layer, heads);
        float[][] scores = new float[heads][layer.slots()];
        for (int h = 0; h < heads; h++) {
            float[] worth = future.from(layer.cache().tokensSeen(), layer.index(), h);
            for (int s = 0; s < scores[h].length; s++) {
                scores[h][s] = worth[(int) own[h][s]];
            }
        }
        return scores;
    }

    @Override
    public void kept(int layer, int[][] kept) {
        index.keep(layer, kept);
    }
}

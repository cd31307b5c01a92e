package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * The forgetting curve of seed 000 over the slots of a cache. Every slot of every layer has a strength S and a time t since
 * its last rehearsal; its retention is R = exp(−t / S). Attention received strengthens a slot and, above the gate, rehearses
 * it. The score is ln R, so that a floor of ln 0.01 deletes what is retained to less than 1 %, and a budget deletes the least
 * retained.
 *
 * <p>Differs from the original: the order is attend → rehearse → decide → delete; every slot ages from its birth, attended or
 * not; state and slots stay in step whatever is deleted.
 */
public final class Ebbinghaus implements SlotScorer {
    private final EbbinghausConfig config;
    private final SlotValues strength;
    /** Tokens seen when the slot was last rehearsed; −1 before the slot is known. */
    private final SlotValues rehearsed = new SlotValues(-1);

    private LifeStories stories;

    public Ebbinghaus(EbbinghausConfig config) {
        this.config = config;
        this.strength = new SlotValues(config.initialStrength());
    }

    public EbbinghausConfig config() {
        return config;
    }

    /** Records the life of tokens from now on; null for none. */
    public void record(LifeStories lives) {
        stories = lives;
    }

    @Override
    public int queries() {
        return config.queries();
    }

    @Override
    public boolean logRetention() {
        return true;
    }

    @Override
    public void observe(Layer layer) {
        float[][] attention = config.perHead() ? layer.received() : new float[][] {mean(layer.received())};
        int n = layer.slots();
        int heads = attention.length;
        int asking = Math.min(config.queries(), layer.newTokens());
        double scale = config.relative() ? n : 1;
        float[][] s = strength.of(layer, heads);
        float[][] last = rehearsed.of(layer, heads);
        int now = layer.cache().tokensSeen();
        for (int h = 0; h < heads; h++) {
            for (int i = n - 1; i >= 0 && last[h][i] < 0; i--) {
                last[h][i] = now - (n - 1 - i); // birth, in this pass or in one that was not observed
            }
            for (int i = 0; i < n; i++) {
                double received = attention[h][i] * scale;
                boolean again = received >= config.gate() * asking;
                s[h][i] = (float) Math.min(config.maxStrength(), s[h][i] + config.gain() * received);
                last[h][i] = again ? now : last[h][i];
                if (stories != null) {
                    stories.step(layer, h, i, now, s[h][i], (now - last[h][i]) * config.timePerToken(), again);
                }
            }
        }
    }

    /** ln R of each slot, at most 0. */
    @Override
    public float[][] score(Layer layer) {
        float[][] s = strength.of(layer);
        float[][] last = rehearsed.of(layer);
        int now = layer.cache().tokensSeen();
        float[][] logRetention = new float[s.length][layer.slots()];
        for (int h = 0; h < s.length; h++) {
            for (int i = 0; i < logRetention[h].length; i++) {
                logRetention[h][i] = (float) (-(now - last[h][i]) * config.timePerToken() / s[h][i]);
            }
        }
        return logRetention;
    }

    /** Strengths S of a layer's slots, [1|kvHeads][slots]. */
    public float[][] strengths(Layer layer) {
        return strength.of(layer);
    }

    @Override
    public void kept(int layer, int[][] kept) {
        if (stories != null) {
            stories.deleted(layer, kept);
        }
        strength.keep(layer, kept);
        rehearsed.keep(layer, kept);
    }

    /** Mean over heads, [slots]. */
    static float[] mean(float[][] heads) {
        float[] mean = new float[heads[0].length];
        for (float[] head : heads) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += head[i] / heads.length;
            }
        }
        return mean;
    }
}

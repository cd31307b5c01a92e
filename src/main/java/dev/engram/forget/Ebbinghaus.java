package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import java.util.HashMap;
import java.util.Map;

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
    /** Time since the last rehearsal, in tokens; −1 before the slot is known. */
    private final SlotValues age = new SlotValues(-1);

    private final Map<Integer, Integer> seen = new HashMap<>();
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
        int asking = Math.min(config.queries(), layer.newTokens());
        double scale = config.relative() ? n : 1;
        float[][] s = strength.of(layer, attention.length);
        float[][] t = age.of(layer, attention.length);
        int now = layer.cache().tokensSeen();
        int passed = now - seen.getOrDefault(layer.index(), 0);
        seen.put(layer.index(), now);
        double s0 = config.initialStrength();
        double left = Math.pow(config.fading(), passed);
        for (int h = 0; h < s.length; h++) {
            for (int i = 0; i < n; i++) {
                double received = attention[h][i] * scale; // summed over the pass's queries
                boolean again = received >= config.gate() * asking;
                double older =
                        t[h][i] < 0 ? n - 1 - i : t[h][i] + passed; // a new token ages from its birth in the pass
                t[h][i] = again ? 0 : (float) (older * refreshed(received));
                double stronger = s0 + (s[h][i] - s0) * left + config.gain() * received;
                s[h][i] = (float) Math.min(config.maxStrength(), stronger);
                if (stories != null) {
                    stories.step(layer, h, i, now, s[h][i], config.time(t[h][i]), again);
                }
            }
        }
    }

    private double refreshed(double received) {
        return config.grade() == 0 ? 1 : Math.exp(-config.grade() * received);
    }

    /** ln R of each slot, at most 0. */
    @Override
    public float[][] score(Layer layer) {
        float[][] s = strength.of(layer);
        float[][] t = age.of(layer);
        int since = layer.cache().tokensSeen() - seen.getOrDefault(layer.index(), 0);
        float[][] logRetention = new float[s.length][layer.slots()];
        for (int h = 0; h < s.length; h++) {
            for (int i = 0; i < logRetention[h].length; i++) {
                logRetention[h][i] = (float) (-config.time(Math.max(0, t[h][i] + since)) / s[h][i]);
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
        age.keep(layer, kept);
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

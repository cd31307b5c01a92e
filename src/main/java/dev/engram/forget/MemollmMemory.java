package dev.engram.forget;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * The memory manager of the original of seed 000 (memollm at commit 35ae783), rebuilt from a description of its behaviour,
 * with each of its faults as a switch. Per layer and slot: strength S, time t, and whether the slot was ever attended.
 * Arithmetic is f32 as in the original; the golden traces hold it to the bit.
 */
public final class MemollmMemory {
    /** What goes wrong in the original; without any, the class is a plain forgetting curve. */
    public enum Fault {
        /** Keys and values are multiplied by R, which pulls a logit to 0 and not to −∞; without it ln R is added instead. */
        SCALING,
        /** Layer 0's length is taken for every layer's: for the next position, and for the slots that are looked at. */
        STALE_POSITIONS,
        /** Deletes by the retention of before the pass, although the pass may have rehearsed the slot. */
        STALE_DECISION,
        /** Rehearsal needs an attention of 0.01 however long the text; without it, of the average share. */
        ABSOLUTE_GATE,
        /** A slot that never received more than 1e-6 does not age. */
        IMMORTAL,
        /** Every 100th step slots below a retention of 0.005 are made new. */
        RESURRECTION,
        /** A deletion makes every slot behind the first unattended one new. */
        STATE_WIPE
    }

    static final float ATTENDED = 1e-6f;
    static final float GATE = 0.01f;
    private static final float CLEANUP = 0.005f;
    private static final int CLEANUP_STEPS = 100;
    private static final float START = 5;

    private final Set<Fault> faults;
    private final float timePerToken;
    private final float threshold;
    private final boolean half;
    private final Layer[] layers;

    /** State of one layer's slots. */
    private static final class Layer {
        private float[] strength = new float[0];
        private float[] time = new float[0];
        private boolean[] active = new boolean[0];

        void grow(int slots) {
            int known = strength.length;
            strength = Arrays.copyOf(strength, slots);
            time = Arrays.copyOf(time, slots);
            active = Arrays.copyOf(active, slots);
            Arrays.fill(strength, known, slots, START);
        }

        void renew(int slot) {
            strength[slot] = START;
            time[slot] = 0;
            active[slot] = false;
        }
    }

    /**
     * An empty memory.
     *
     * @param timePerToken 0.01 in the original, 0.05 in its documentation
     * @param threshold retention below which a slot is deleted, in (0, 1)
     * @param half whether retention, attention and limits are rounded to 16-bit floats, the original's fixed format
     */
    public MemollmMemory(int layers, double timePerToken, double threshold, boolean half, Set<Fault> faults) {
        this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
        this.timePerToken = (float) timePerToken;
        this.half = half;
        this.threshold = round((float) threshold);
        this.layers = new Layer[layers];
        Arrays.setAll(this.layers, i -> new Layer());
    }

    boolean has(Fault fault) {
        return faults.contains(fault);
    }

    /** R of a layer's first slots; 1 for those that it does not have. */
    public float[] retention(int layer, int slots) {
        Layer l = layers[layer];
        float[] r = new float[slots];
        Arrays.fill(r, 1);
        for (int i = 0; i < Math.min(slots, l.time.length); i++) {
            if (l.active[i] || !has(Fault.IMMORTAL)) {
                r[i] = round((float) Math.exp(-l.time[i] / l.strength[i]));
            }
        }
        return r;
    }

    /** Strengthens by the attention of the last query, [slots], the new tokens' slots included. */
    public void rehearse(int layer, float[] attention) {
        Layer l = layers[layer];
        int n = attention.length;
        l.grow(n);
        float gate = round(has(Fault.ABSOLUTE_GATE) ? GATE : 1f / n);
        for (int i = 0; i < n; i++) {
            float a = round(attention[i]);
            l.active[i] |= a > round(ATTENDED);
            if (a >= gate) {
                l.strength[i] += a;
                l.time[i] = 0;
            }
        }
    }

    /**
     * Slots that stay, after {@link #rehearse}; the state follows.
     *
     * @param before retention of before the pass, by slot; slots behind its end were not looked at
     * @return ascending slots, or null when all stay
     */
    public int[] decide(int layer, float[] before) {
        Layer l = layers[layer];
        int n = l.time.length;
        float[] r = has(Fault.STALE_DECISION) ? before : retention(layer, before.length);
        int[] kept = new int[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            if (i >= r.length || !(r[i] < threshold)) {
                kept[count++] = i;
            }
        }
        if (count == n) {
            return null;
        }
        kept = Arrays.copyOf(kept, count);
        compact(l, kept);
        return kept;
    }

    private void compact(Layer l, int[] kept) {
        int known = l.time.length;
        if (has(Fault.STATE_WIPE)) {
            known = 0;
            while (known < l.active.length && l.active[known]) {
                known++;
            }
        }
        Layer next = new Layer();
        next.grow(kept.length);
        for (int i = 0; i < kept.length; i++) {
            if (kept[i] < known) {
                next.strength[i] = l.strength[kept[i]];
                next.time[i] = l.time[kept[i]];
                next.active[i] = l.active[kept[i]];
            }
        }
        l.strength = next.strength;
        l.time = next.time;
        l.active = next.active;
    }

    /** Lets a token's time pass; {@code step} counts passes, the prompt's is 0. */
    public void tick(int step) {
        for (Layer l : layers) {
            for (int i = 0; i < l.time.length; i++) {
                if (l.active[i] || !has(Fault.IMMORTAL)) {
                    l.time[i] += timePerToken;
                }
                boolean faded = l.active[i] && (float) Math.exp(-l.time[i] / l.strength[i]) < CLEANUP;
                if (has(Fault.RESURRECTION) && step % CLEANUP_STEPS == 0 && faded) {
                    l.renew(i);
                }
            }
        }
    }

    /** S of a layer's slots. */
    public float[] strength(int layer) {
        return layers[layer].strength.clone();
    }

    /** t of a layer's slots. */
    public float[] time(int layer) {
        return layers[layer].time.clone();
    }

    /** Whether a layer's slots were ever attended. */
    public boolean[] active(int layer) {
        return layers[layer].active.clone();
    }

    private float round(float x) {
        return half ? half(x) : x;
    }

    /** To the nearest 16-bit float, ties to even. */
    static float half(float x) {
        float unit = Math.scalb(1f, Math.max(Math.getExponent(x), -14) - 10);
        return (float) Math.rint(x / unit) * unit;
    }
}

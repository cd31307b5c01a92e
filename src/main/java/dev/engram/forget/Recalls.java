package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;

/**
 * When each slot was last recalled, one state per layer. A slot is recalled by a pass whose queries pay it, on average, at
 * least {@code gate} times what it would get if all slots got the same.
 */
final class Recalls {
    private final double gate;
    /** Tokens seen at the last recall or, before any, at birth. */
    private final SlotValues last = new SlotValues(-1);

    Recalls(double gate) {
        this.gate = gate;
    }

    /** Takes a pass in; returns what each slot received in shares of the average, [slots]. */
    float[] observe(Layer layer) {
        int n = layer.slots();
        int now = layer.cache().tokensSeen();
        float[] received = Ebbinghaus.mean(layer.received());
        float[] times = last.of(layer)[0];
        for (int i = 0; i < layer.newTokens(); i++) {
            times[n - 1 - i] = now - i;
        }
        for (int s = 0; s < n; s++) {
            received[s] *= (float) n / layer.newTokens();
            times[s] = recalled(received[s]) ? now : times[s];
        }
        return received;
    }

    boolean recalled(float relative) {
        return relative >= gate;
    }

    /** Tokens since each slot's last recall, [slots]. */
    float[] age(Layer layer) {
        int now = layer.cache().tokensSeen();
        float[] age = last.of(layer)[0].clone();
        for (int s = 0; s < age.length; s++) {
            age[s] = now - age[s];
        }
        return age;
    }

    void kept(int layer, int[][] kept) {
        last.keep(layer, kept);
    }
}

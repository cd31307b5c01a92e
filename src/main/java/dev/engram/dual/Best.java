package dev.engram.dual;

import java.util.Arrays;

/** The k largest of the scores that are offered; of equal ones, those offered first. */
final class Best {
    private final int[] slots;
    private final float[] scores;
    private int count;

    Best(int k) {
        slots = new int[k];
        scores = new float[k];
    }

    void offer(int slot, float score) {
        if (count == slots.length && (count == 0 || score <= scores[count - 1])) {
            return;
        }
        int at = count < slots.length ? count++ : count - 1;
        while (at > 0 && scores[at - 1] < score) { // k is small, so moving the worse ones is cheap
            scores[at] = scores[at - 1];
            slots[at] = slots[at - 1];
            at--;
        }
        scores[at] = score;
        slots[at] = slot;
    }

    Retrieved found() {
        return new Retrieved(Arrays.copyOf(slots, count), Arrays.copyOf(scores, count));
    }

    /** A whole number without a decimal point. */
    static String shown(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? "" + (long) value : "" + value;
    }
}

package dev.engram.forget;

import java.util.Arrays;

/** Chooses the best of many slots. */
public final class TopSlots {
    private TopSlots() {}

    /**
     * The {@code count} slots with the highest scores, ascending by slot. Of equal scores the later slot stays; NaN counts as
     * the lowest.
     */
    public static int[] of(float[] scores, int count) {
        int n = scores.length;
        if (count >= n) {
            int[] all = new int[n];
            Arrays.setAll(all, i -> i);
            return all;
        }
        float[] keys = new float[n];
        for (int i = 0; i < n; i++) {
            keys[i] = Float.isNaN(scores[i]) ? Float.NEGATIVE_INFINITY : scores[i];
        }
        float[] sorted = keys.clone();
        Arrays.sort(sorted);
        float bar = count == 0 ? Float.POSITIVE_INFINITY : sorted[n - count];
        int above = 0;
        for (float key : keys) {
            above += key > bar ? 1 : 0;
        }
        int ties = count - above;
        int[] kept = new int[count];
        int at = count;
        for (int i = n - 1; i >= 0 && at > 0; i--) {
            if (keys[i] > bar || keys[i] == bar && ties-- > 0) {
                kept[--at] = i;
            }
        }
        return kept;
    }
}

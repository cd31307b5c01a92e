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
        if (count == n - 1) {
            return allBut(lowest(scores), n);
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

    /** The first of the lowest: the common case of a full budget and one new token, without sorting. */
    private static int lowest(float[] scores) {
        int lowest = 0;
        float least = Float.POSITIVE_INFINITY;
        for (int i = 0; i < scores.length; i++) {
            float key = Float.isNaN(scores[i]) ? Float.NEGATIVE_INFINITY : scores[i];
            if (key < least) {
                least = key;
                lowest = i;
            }
        }
        return lowest;
    }

    private static int[] allBut(int slot, int n) {
        int[] kept = new int[n - 1];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = i < slot ? i : i + 1;
        }
        return kept;
    }
}

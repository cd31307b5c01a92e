package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A number per slot, layer by layer, that follows its slot when others are deleted: [heads][slots] for each layer. */
public final class SlotValues {
    private final float initial;
    private final Map<Integer, float[][]> layers = new HashMap<>();

    /** Slots that are seen for the first time get {@code initial}. */
    public SlotValues(double initial) {
        this.initial = (float) initial;
    }

    /** This layer's values, one row for all heads alike; [1][slots], to be changed in place. */
    public float[][] of(Layer layer) {
        return of(layer, 1);
    }

    /** This layer's values, [heads][slots], to be changed in place; heads must not change over time, but for 1 before the first. */
    public float[][] of(Layer layer, int heads) {
        float[][] rows = layers.computeIfAbsent(layer.index(), i -> new float[heads][0]);
        if (rows.length < heads) {
            rows = spread(rows[0], heads);
            layers.put(layer.index(), rows);
        }
        for (int h = 0; h < rows.length; h++) {
            int known = rows[h].length;
            if (known < layer.slots()) {
                rows[h] = Arrays.copyOf(rows[h], layer.slots());
                Arrays.fill(rows[h], known, layer.slots(), initial);
            }
        }
        return rows;
    }

    /** Adds to each slot; {@code more} [heads][slots]. */
    public void add(Layer layer, float[][] more) {
        float[][] rows = of(layer, more.length);
        for (int h = 0; h < rows.length; h++) {
            for (int s = 0; s < more[h].length; s++) {
                rows[h][s] += more[h][s];
            }
        }
    }

    /** Forgets the values of deleted slots; {@code kept} as in {@link SlotScorer#kept}. */
    public void keep(int layer, int[][] kept) {
        float[][] rows = layers.get(layer);
        if (rows == null) {
            return;
        }
        if (rows.length == 1 && kept.length > 1) {
            rows = spread(rows[0], kept.length);
        }
        float[][] stay = new float[rows.length][];
        for (int h = 0; h < rows.length; h++) {
            int[] own = kept[kept.length == 1 ? 0 : h];
            stay[h] = new float[own.length];
            for (int s = 0; s < own.length; s++) {
                stay[h][s] = rows[h][own[s]];
            }
        }
        layers.put(layer, stay);
    }

    private static float[][] spread(float[] row, int heads) {
        float[][] rows = new float[heads][];
        Arrays.setAll(rows, h -> row.clone());
        return rows;
    }
}

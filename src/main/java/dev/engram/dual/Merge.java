package dev.engram.dual;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One consolidation of a {@link LongTermMemory}. */
final class Merge {
    private final LongTermMemory memory;
    /** Lengths of the keys that are kept, so that a cosine costs one product. */
    private final double[] norms;

    Merge(LongTermMemory memory) {
        this.memory = memory;
        norms = new double[memory.slots()];
    }

    Consolidation run(double threshold, Reading reading) {
        int before = memory.size();
        int[] target = new int[memory.slots()];
        Arrays.fill(target, -1);
        List<Integer> kept = new ArrayList<>();
        for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1)) {
            norms[s] = norm(memory.rawKey(s));
            int nearest = nearest(s, kept);
            if (nearest >= 0 && reading.merges(cosine(s, nearest), threshold)) {
                join(s, nearest);
                target[s] = nearest;
            } else {
                kept.add(s);
                target[s] = s;
            }
        }
        return new Consolidation(before, kept.size(), target);
    }

    private int nearest(int slot, List<Integer> kept) {
        int nearest = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int other : kept) {
            double cosine = cosine(slot, other);
            if (cosine > most) {
                most = cosine;
                nearest = other;
            }
        }
        return nearest;
    }

    private double cosine(int a, int b) {
        double norm = norms[a] * norms[b];
        return norm == 0 ? 0 : Rows.dot(memory.rawKey(a), memory.rawKey(b)) / norm;
    }

    private static double norm(float[] v) {
        return Math.sqrt(Rows.dot(v, v));
    }

    private void join(int from, int into) {
        SlotState a = memory.state(into);
        SlotState b = memory.state(from);
        double share = b.merged() / (double) (a.merged() + b.merged());
        float[] key = mean(memory.rawKey(into), memory.rawKey(from), share);
        float[] value = mean(memory.rawValue(into), memory.rawValue(from), share);
        memory.free(from);
        memory.put(into, key, value, a.plus(b));
        norms[into] = norm(key);
    }

    private static float[] mean(float[] a, float[] b, double share) {
        float[] mean = new float[a.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (a[i] + share * ((double) b[i] - a[i]));
        }
        return mean;
    }
}

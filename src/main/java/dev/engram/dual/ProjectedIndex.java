package dev.engram.dual;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A search that looks at every slot along the keys' leading directions only. With orthonormal directions P, a product is
 * q·k = (Pq)·(Pk) + q'·k', where q' and k' are what lies outside them. The first part is computed for all slots; of the second only
 * the lengths are known, and |q'·k'| ≤ |q'||k'|. Between vectors that do not favour a direction it is about |q'||k'|/√r with r
 * directions outside, so slots are compared in full where {@link #DEVIATIONS} of these could lift them among the k best.
 *
 * <p>Keys whose rest favours a direction as well, such as hidden states of a language model, lose neighbours: of 16, 83 % were found
 * among 10,000 states of width 576 ({@code bench store}), with the keys on few directions all of them.
 *
 * <p>Hypothesis tests on parts of a distance are from Gao and Long 2023 (ADSampling), leading directions in place of random ones from
 * later work on it. Differs from both in the scan: a component of all keys lies in one array, which Java's compiler turns into vector
 * instructions.
 */
final class ProjectedIndex implements SlotIndex {
    /** How many standard deviations the unseen part of a product is granted. */
    static final double DEVIATIONS = 4;
    /** One direction for so many numbers of a key, 8 directions at least. */
    private static final int SHARE = 8;

    private static final int BLOCK = 2048;
    private static final int SAMPLE = 2048;

    private final LongTermMemory memory;
    private final int slots;
    /** √h, by which products are divided. */
    private final float root;
    /** Directions, [d][h]. */
    private float[][] directions;
    /** Components of the keys, [d][slots]. */
    private float[][] components;
    /** |k'| of each slot. */
    private final float[] outside;
    /** √h λ log(importance) of each slot; −∞ where it is free. */
    private final float[] bias;

    private final float[] partial;
    private int changes;

    ProjectedIndex(LongTermMemory memory) {
        this.memory = memory;
        this.slots = memory.slots();
        this.root = (float) Math.sqrt(memory.width());
        this.outside = new float[slots];
        this.bias = new float[slots];
        this.partial = new float[slots];
        build();
    }

    /** Finds the directions of what is stored now. */
    private void build() {
        int count = Math.min(memory.width(), Math.max(8, memory.width() / SHARE));
        directions = LeadingDirections.of(sample(), count, memory.width());
        components = new float[directions.length][slots];
        changes = 0;
        for (int s = 0; s < slots; s++) {
            place(s);
        }
    }

    /** Every so manieth key. */
    private float[][] sample() {
        int step = Math.max(1, memory.size() / SAMPLE);
        List<float[]> sample = new ArrayList<>();
        int n = 0;
        for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1)) {
            if (n++ % step == 0) {
                sample.add(memory.rawKey(s));
            }
        }
        return sample.toArray(float[][]::new);
    }

    private void place(int slot) {
        if (!memory.isUsed(slot)) {
            bias[slot] = Float.NEGATIVE_INFINITY;
            return;
        }
        float[] key = memory.rawKey(slot);
        double inside = 0;
        for (int d = 0; d < directions.length; d++) {
            float c = Rows.dot(directions[d], key);
            components[d][slot] = c;
            inside += (double) c * c;
        }
        outside[slot] = (float) Math.sqrt(Math.max(0, Rows.dot(key, key) - inside));
        reinforced(slot);
    }

    @Override
    public void reinforced(int slot) {
        bias[slot] = (float) (root * memory.bias(slot));
    }

    @Override
    public void changed(int slot) {
        place(slot);
        changes++;
    }

    @Override
    public void candidates(float[] query, int k, IntConsumer candidate) {
        if (changes > slots) {
            build(); // other keys may have other directions
        }
        float[] q = new float[directions.length];
        double inside = 0;
        for (int d = 0; d < q.length; d++) {
            q[d] = Rows.dot(directions[d], query);
            inside += (double) q[d] * q[d];
        }
        int hidden = memory.width() - q.length;
        double rest = Math.sqrt(Math.max(0, Rows.dot(query, query) - inside));
        float slack =
                hidden == 0 ? 0 : (float) (rest * DEVIATIONS / Math.sqrt(Math.max(hidden, DEVIATIONS * DEVIATIONS)));
        scan(q);
        float bar = bar(query, k);
        for (int s = 0; s < slots; s++) {
            if (partial[s] + slack * outside[s] >= bar) {
                candidate.accept(s);
            }
        }
    }

    /** partial = bias + Σ q·components, block by block so that the sums stay in the nearest cache. */
    private void scan(float[] q) {
        System.arraycopy(bias, 0, partial, 0, slots);
        for (int from = 0; from < slots; from += BLOCK) {
            int to = Math.min(slots, from + BLOCK);
            int d = 0;
            for (; d + 3 < q.length; d += 4) {
                add(components[d], components[d + 1], components[d + 2], components[d + 3], q, d, from, to);
            }
            for (; d < q.length; d++) {
                float[] c = components[d];
                for (int s = from; s < to; s++) {
                    partial[s] += q[d] * c[s];
                }
            }
        }
    }

    private void add(float[] a, float[] b, float[] c, float[] e, float[] q, int d, int from, int to) {
        float[] sums = partial;
        float qa = q[d];
        float qb = q[d + 1];
        float qc = q[d + 2];
        float qe = q[d + 3];
        for (int s = from; s < to; s++) {
            sums[s] += qa * a[s] + qb * b[s] + (qc * c[s] + qe * e[s]);
        }
    }

    /** The k-th best full product of the k slots whose partial products are best: no slot below it is among the k best. */
    private float bar(float[] query, int k) {
        Best first = new Best(Math.min(k, memory.size()));
        for (int s = 0; s < slots; s++) {
            first.offer(s, partial[s]);
        }
        Retrieved found = first.found();
        float least = Float.POSITIVE_INFINITY;
        for (int s : found.slots()) {
            least = Math.min(least, memory.score(query, s) * root);
        }
        return least - 1e-4f * Math.abs(least); // sums of another order differ in the last digits
    }
}

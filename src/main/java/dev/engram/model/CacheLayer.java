package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.engine.Kernel;
import java.util.Arrays;

/**
 * One layer of a {@link KvCache}: its buffers [batch, kvHeads, capacity, headDim], how many slots are in use, and the position
 * of the token in each slot. Not safe for several threads.
 */
final class CacheLayer {
    /** Slots by which a full buffer grows: small, so that the bytes held follow the text. */
    private static final int BLOCK = 64;

    private final Kernel tools;
    private final NDManager manager;
    private NDArray keys;
    private NDArray values;
    private NDArray trueKeys;
    private NDArray trueValues;
    private int fadedFrom;
    private int capacity;
    private int length;
    /** First slots that are no tokens of the text. */
    private int leading;
    /** [1][capacity], or [kvHeads][capacity] once heads keep different tokens. */
    private int[][] positions = new int[1][0];

    /** An empty layer; the buffers are the layer's from now on. */
    CacheLayer(Kernel tools, NDManager manager, NDArray keys, NDArray values) {
        this.tools = tools;
        this.manager = manager;
        this.keys = keys;
        this.values = values;
    }

    CacheLayer copy(NDManager owner) {
        CacheLayer copy = new CacheLayer(
                tools,
                owner,
                tools.one(owner, "grow", keys, length, capacity),
                tools.one(owner, "grow", values, length, capacity));
        copy.length = length;
        copy.capacity = capacity;
        copy.leading = leading;
        copy.positions = Arrays.stream(positions).map(int[]::clone).toArray(int[][]::new);
        return copy;
    }

    NDArray keys() {
        return keys;
    }

    NDArray values() {
        return values;
    }

    int length() {
        return length;
    }

    int capacity() {
        return capacity;
    }

    boolean perHead() {
        return positions.length > 1;
    }

    int[] positions(int head) {
        return Arrays.copyOf(positions[perHead() ? head : 0], length);
    }

    /** Whether {@code tokens} more need new buffers. */
    boolean full(int tokens) {
        return length + tokens > capacity;
    }

    /** Room for exactly {@code tokens} more, or rounded up to whole blocks. */
    void grow(int tokens, boolean blocks) {
        int needed = length + tokens;
        resize(blocks ? blocks(needed) : needed);
    }

    /** Slots rounded up to whole blocks. */
    static int blocks(int slots) {
        return (slots + BLOCK - 1) / BLOCK * BLOCK;
    }

    private void resize(int slots) {
        replace(tools.one(manager, "grow", keys, length, slots), tools.one(manager, "grow", values, length, slots));
        capacity = slots;
        for (int h = 0; h < positions.length; h++) {
            positions[h] = Arrays.copyOf(positions[h], slots);
        }
    }

    /** Keeps ascending slots, [1][n] or [kvHeads][n], and frees the others. */
    void keep(int[][] kept) {
        check(kept);
        int n = kept[0].length;
        int slots = n + Math.min(BLOCK, length - n);
        long[] flat =
                Arrays.stream(kept).flatMapToInt(Arrays::stream).asLongStream().toArray();
        try (NDArray which = manager.create(flat, new Shape(kept.length, n))) {
            replace(tools.one(manager, "keep", keys, which, slots), tools.one(manager, "keep", values, which, slots));
        }
        int[][] stay = new int[Math.max(kept.length, positions.length)][slots];
        for (int h = 0; h < stay.length; h++) {
            int[] from = positions[perHead() ? h : 0];
            int[] own = kept[kept.length == 1 ? 0 : h];
            for (int s = 0; s < n; s++) {
                stay[h][s] = from[own[s]];
            }
        }
        positions = stay;
        capacity = slots;
        length = n;
    }

    private void check(int[][] kept) {
        for (int[] head : kept) {
            if (head.length != kept[0].length) {
                throw new IllegalArgumentException("heads of a layer must keep equally many slots");
            }
            for (int s = 0; s < head.length; s++) {
                if (head[s] < 0 || head[s] >= length || s > 0 && head[s] <= head[s - 1]) {
                    throw new IllegalArgumentException("kept slots must ascend below " + length + ", found " + head[s]);
                }
            }
        }
    }

    /** Whether the last {@code tokens} slots of every head are the newest tokens, the first of them at {@code position}. */
    boolean endsAt(int tokens, int position) {
        int first = length - tokens;
        return first >= 0 && (tokens == 0 || Arrays.stream(positions).allMatch(head -> head[first] == position));
    }

    void cut(int tokens) {
        length -= tokens;
    }

    /** Counts new slots whose first token stands at {@code position}. */
    void advance(int tokens, int position) {
        for (int[] head : positions) {
            for (int t = 0; t < tokens; t++) {
                head[length + t] = position + t;
            }
        }
        length += tokens;
    }

    int leading() {
        return leading;
    }

    /** Puts rows [batch, kvHeads, n, headDim] in place of those that lead now; nothing where {@code n} is 0. */
    void lead(NDArray rowKeys, NDArray rowValues, int n) {
        if (n == 0 && leading == 0) {
            return;
        }
        int used = n + length - leading;
        int slots = Math.max(capacity - leading + n, blocks(used));
        replace(
                tools.one(manager, "lead", keys, rowKeys, leading, length, slots),
                tools.one(manager, "lead", values, rowValues, leading, length, slots));
        for (int h = 0; h < positions.length; h++) {
            int[] moved = new int[slots];
            for (int s = 0; s < n; s++) {
                moved[s] = s - n; // before the text
            }
            System.arraycopy(positions[h], leading, moved, n, length - leading);
            positions[h] = moved;
        }
        capacity = slots;
        length = used;
        leading = n;
    }

    /** Fills an empty layer from rows in f32, [batch, kvHeads, slots, headDim]. */
    void restore(NDArray rowKeys, NDArray rowValues, int[][] at) {
        resize(at[0].length);
        positions = at;
        tools.call(manager, "put_rows", keys, rowKeys).close();
        tools.call(manager, "put_rows", values, rowValues).close();
        length = at[0].length;
    }

    /** Moves the tokens to consecutive positions that end before {@code next}, keys rotated along. */
    void rebase(int next, float[] inverseFrequencies) {
        int half = inverseFrequencies.length;
        float[] cos = new float[positions.length * length * 2 * half];
        float[] sin = new float[cos.length];
        int at = 0;
        for (int[] head : positions) {
            for (int s = 0; s < length; s++, at += 2 * half) {
                int to = next - length + s;
                for (int i = 0; i < half; i++) {
                    double angle = (double) (to - head[s]) * inverseFrequencies[i];
                    cos[at + i] = cos[at + half + i] = (float) Math.cos(angle);
                    sin[at + half + i] = (float) Math.sin(angle);
                    sin[at + i] = -sin[at + half + i]; // rotate_half's sign, as in the angle table
                }
                head[s] = to;
            }
        }
        Shape shape = new Shape(1, positions.length, length, 2 * half);
        try (NDArray c = manager.create(cos, shape);
                NDArray s = manager.create(sin, shape)) {
            tools.call(manager, "rerotate", keys, length, c, s).close();
        }
    }

    /** Puts copies multiplied by {@code factors} [slots] in place of the buffers, until {@link #unfade}. */
    void fade(float[] factors) {
        try (NDArray f = manager.create(factors, new Shape(1, 1, length, 1))) {
            trueKeys = keys;
            trueValues = values;
            keys = tools.one(manager, "faded", trueKeys, f);
            values = tools.one(manager, "faded", trueValues, f);
            fadedFrom = length;
        }
    }

    /** Takes the true buffers back; slots written meanwhile are carried over. */
    void unfade() {
        NDArray fadedKeys = keys;
        NDArray fadedValues = values;
        keys = tools.one(manager, "grow", trueKeys, fadedFrom, capacity);
        values = tools.one(manager, "grow", trueValues, fadedFrom, capacity);
        tools.call(manager, "put_slots", keys, fadedKeys, fadedFrom, length).close();
        tools.call(manager, "put_slots", values, fadedValues, fadedFrom, length).close();
        for (NDArray old : new NDArray[] {fadedKeys, fadedValues, trueKeys, trueValues}) {
            old.close();
        }
        trueKeys = null;
        trueValues = null;
    }

    private void replace(NDArray newKeys, NDArray newValues) {
        keys.close();
        values.close();
        keys = newKeys;
        values = newValues;
    }
}

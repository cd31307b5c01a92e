package dev.engram.dual;

import dev.engram.retrieve.HeapGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * JVector's graph over the slots of a {@link LongTermMemory}. The graph knows cosines only, so each key k with bias b = λ·log(importance)
 * becomes (k/√h, b, √(M² - |k/√h|² - b²))/M with M the largest length, and each query (q, 1, 0)/√(|q|² + 1): their cosine orders slots
 * as q·k/√h + b does (Neyshabur and Srebro 2015). The scores themselves are computed from the slots again.
 *
 * <p>A slot written after the graph was built is compared exactly; when a quarter of the slots are such, the next search builds anew.
 */
final class GraphIndex implements SlotIndex {
    /** Rows that a search keeps at hand. */
    private static final int BEAM = 100;

    private final LongTermMemory memory;
    private HeapGraph graph;
    /** Slot of each row of the graph. */
    private int[] slots;
    /** Row of each slot. */
    private int[] rows;
    /** Rows whose slot was written or freed since. */
    private final BitSet stale = new BitSet();
    /** Slots in use that the graph does not know as they are. */
    private final BitSet fresh = new BitSet();

    GraphIndex(LongTermMemory memory) {
        this.memory = memory;
        build();
    }

    @Override
    public void changed(int slot) {
        if (rows[slot] >= 0) {
            stale.set(rows[slot]);
        }
        fresh.set(slot, memory.isUsed(slot));
    }

    @Override
    public void candidates(float[] query, int k, IntConsumer candidate) {
        if (fresh.cardinality() > 64 + slots.length / 4) {
            build();
        }
        if (graph != null) {
            graph.search(unit(query), k, Math.max(BEAM, 2 * k), r -> !stale.get(r), r -> candidate.accept(slots[r]));
        }
        fresh.stream().forEach(candidate);
    }

    private void build() {
        slots = new int[memory.size()];
        rows = new int[memory.slots()];
        Arrays.fill(rows, -1);
        stale.clear();
        fresh.clear();
        double root = Math.sqrt(memory.width());
        double longest = Double.MIN_NORMAL;
        int n = 0;
        double[] lengths = new double[slots.length];
        for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1)) {
            float[] key = memory.rawKey(s);
            double bias = memory.bias(s);
            slots[n] = s;
            rows[s] = n;
            lengths[n] = Rows.dot(key, key) / memory.width() + bias * bias;
            longest = Math.max(longest, lengths[n++]);
        }
        List<float[]> units = new ArrayList<>();
        for (int r = 0; r < n; r++) {
            float[] key = memory.rawKey(slots[r]);
            float[] unit = new float[key.length + 2];
            double scale = 1 / Math.sqrt(longest);
            for (int i = 0; i < key.length; i++) {
                unit[i] = (float) (key[i] / root * scale);
            }
            unit[key.length] = (float) (memory.bias(slots[r]) * scale);
            unit[key.length + 1] = (float) (Math.sqrt(longest - lengths[r]) * scale);
            units.add(unit);
        }
        graph = n == 0 ? null : new HeapGraph(units);
    }

    private static float[] unit(float[] query) {
        float[] unit = new float[query.length + 2];
        double scale = 1 / Math.sqrt(Rows.dot(query, query) + 1.0);
        for (int i = 0; i < query.length; i++) {
            unit[i] = (float) (query[i] * scale);
        }
        unit[query.length] = (float) scale;
        return unit;
    }
}

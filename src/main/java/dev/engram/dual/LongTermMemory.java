package dev.engram.dual;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Long-term memory of one layer (seed 004): slots of a key, a value, an importance, an age and a count of hits, in plain arrays. A query
 * finds the k slots of the largest q·k/√h + λ·log(importance). The seed gives no formula; this one is our reading, and it makes the
 * softmax of the scores attention whose weights are multiplied by importance^λ.
 *
 * <p>Time is counted in operations: each {@link #write} and each {@link #retrieve} is one. Slot numbers stay as they are until the
 * slot is replaced or consolidated. Not for several threads at once.
 */
public final class LongTermMemory {
    private final int slots;
    private final int width;
    private final Replacement replacement;
    private final double importanceWeight;
    private final SplittableRandom random;
    private final BitSet used;
    private final float[][] keys;
    private final float[][] values;
    private final double[] importance;
    private final int[] merged;
    private final long[] written;
    private final long[] lastUse;
    private final long[] hits;
    private long clock;
    private final Map<IndexKind, SlotIndex> indices = new EnumMap<>(IndexKind.class);
    private IndexKind active;

    /** A memory with λ = 1. */
    public LongTermMemory(int slots, int width, Replacement replacement, long seed) {
        this(slots, width, replacement, seed, 1);
    }

    /**
     * An empty memory; its arrays grow with what is written.
     *
     * @param slots how many entries it holds, at least 1
     * @param width h, numbers of a key and of a value
     * @param replacement who makes room when it is full
     * @param seed of the draws that {@link ReplacementPolicy#RANDOM} makes
     * @param importanceWeight λ; 0 searches by the keys alone
     */
    public LongTermMemory(int slots, int width, Replacement replacement, long seed, double importanceWeight) {
        require(slots > 0, "number of slots", slots, "give at least 1");
        require(width > 0, "width", width, "give at least 1");
        require(
                importanceWeight >= 0 && importanceWeight < Double.POSITIVE_INFINITY,
                "importance weight",
                importanceWeight,
                "give 0 or more");
        this.slots = slots;
        this.width = width;
        this.replacement = replacement;
        this.importanceWeight = importanceWeight;
        random = new SplittableRandom(seed);
        used = new BitSet(slots);
        keys = new float[slots][];
        values = new float[slots][];
        importance = new double[slots];
        merged = new int[slots];
        written = new long[slots];
        lastUse = new long[slots];
        hits = new long[slots];
    }

    /** Reads what {@link #save} wrote; a damaged folder, or one of another width, is refused. */
    public static LongTermMemory load(Path folder, int width, Replacement replacement, long seed) {
        return LongTermFile.load(folder, width, replacement, seed);
    }

    /** Writes the memory into a folder, which holds the old content or the new one whatever happens. */
    public void save(Path folder) {
        LongTermFile.save(this, folder);
    }

    /**
     * Writes an entry into a free slot, or where there is none, in place of the one that is worth least.
     *
     * @param key [width], copied
     * @param value [width], copied
     * @param weight its importance, more than 0
     * @return the slot
     */
    public int write(float[] key, float[] value, double weight) {
        checked("key", key);
        checked("value", value);
        require(weight > 0 && weight < Double.POSITIVE_INFINITY, "importance", weight, "give a number above 0");
        int slot = used.nextClearBit(0);
        if (slot == slots) {
            slot = victim();
        }
        clock++;
        put(slot, key.clone(), value.clone(), new SlotState(weight, 1, clock, clock, 0));
        return slot;
    }

    private int victim() {
        int victim = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int s = 0; s < slots; s++) {
            double worth = replacement.worth(this, s);
            if (worth < least || worth == least && written[s] < written[victim]) {
                least = worth;
                victim = s;
            }
        }
        return victim;
    }

    /** Sets a slot as it is given; takes the arrays over. */
    void put(int slot, float[] key, float[] value, SlotState state) {
        keys[slot] = key;
        values[slot] = value;
        importance[slot] = state.importance();
        merged[slot] = state.merged();
        written[slot] = state.written();
        lastUse[slot] = state.lastUse();
        hits[slot] = state.hits();
        used.set(slot);
        indices.values().forEach(index -> index.changed(slot));
    }

    /** Empties a slot. */
    void free(int slot) {
        used.clear(slot);
        keys[slot] = null;
        values[slot] = null;
        indices.values().forEach(index -> index.changed(slot));
    }

    /** The k best slots for a query [width], which count as used by this. */
    public Retrieved retrieve(float[] query, int k) {
        Retrieved found = search(query, k);
        clock++;
        for (int slot : found.slots()) {
            hits[slot]++;
            lastUse[slot] = clock;
        }
        return found;
    }

    /** The k best slots for a query [width], without a trace: exact, or by the index where there is one. */
    public Retrieved search(float[] query, int k) {
        return active == null ? searchExactly(query, k) : searchBy(active, query, k);
    }

    /** The same by one of the indices that were built; refused where it was not. */
    public Retrieved searchBy(IndexKind kind, float[] query, int k) {
        checked("query", query);
        require(k > 0, "k", k, "ask for at least 1 entry");
        SlotIndex index = indices.get(kind);
        if (index == null) {
            throw new BadInputException("The memory has no index " + kind + "; build it first.");
        }
        Best best = new Best(Math.min(k, size()));
        index.candidates(query, k, s -> best.offer(s, score(query, s)));
        return best.found();
    }

    /** The k best slots for a query [width], without a trace and without an index: every slot is compared. */
    public Retrieved searchExactly(float[] query, int k) {
        checked("query", query);
        require(k > 0, "k", k, "ask for at least 1 entry");
        Best best = new Best(Math.min(k, size()));
        for (int s = used.nextSetBit(0); s >= 0; s = used.nextSetBit(s + 1)) {
            best.offer(s, score(query, s));
        }
        return best.found();
    }

    /** q·k/√h + λ·log(importance). */
    public float score(float[] query, int slot) {
        return (float) (Rows.dot(keys[slot], query) / Math.sqrt(width) + bias(slot));
    }

    /** The part of a score that no query changes: λ·log(importance). */
    double bias(int slot) {
        return importanceWeight == 0 ? 0 : importanceWeight * Math.log(importance[slot]);
    }

    /**
     * Searches by this index from now on, which is built here and kept up as slots change: faster with many slots. One of the other
     * kind stays, for {@link #searchBy}.
     */
    public void buildIndex(IndexKind kind) {
        indices.remove(kind); // what an old one holds may go before the new one is made
        indices.put(kind, kind == IndexKind.GRAPH ? new GraphIndex(this) : new ProjectedIndex(this));
        active = kind;
    }

    /** Searches exactly again. */
    public void dropIndex() {
        indices.clear();
        active = null;
    }

    public boolean indexed() {
        return active != null;
    }

    /**
     * Adds to a slot's importance, such as the attention that it received. A graph sees the new importance in the score at once, but
     * in the choice of candidates only when it is built again.
     */
    public void reinforce(int slot, double amount) {
        use(slot);
        require(amount >= 0 && amount < Double.POSITIVE_INFINITY, "added importance", amount, "give 0 or more");
        importance[slot] += amount;
        indices.values().forEach(index -> index.reinforced(slot));
    }

    /** The soft-attention read: the values of what was found, [width], weighted by {@link Retrieved#weights}; 0 where nothing was. */
    public float[] read(Retrieved found) {
        float[] sum = new float[width];
        float[] weights = found.weights();
        for (int i = 0; i < weights.length; i++) {
            float[] value = values[use(found.slots()[i])];
            for (int j = 0; j < width; j++) {
                sum[j] += weights[i] * value[j];
            }
        }
        return sum;
    }

    /**
     * Merges entries whose keys are alike: key and value become means weighted by how many entries each already stands for, importance
     * and hits are summed, the age is the older one's. Slots are taken in their order, and each joins the most similar entry kept so far
     * that the reading lets it join; so the result depends on the order, and the time grows with the square of the slots.
     *
     * @param threshold 0 to 2 as a distance, -1 to 1 as a similarity
     */
    public Consolidation consolidate(double threshold, Reading reading) {
        require(
                threshold >= reading.least && threshold <= reading.most,
                "consolidation threshold",
                threshold,
                "give " + reading.least + " to " + reading.most + " for " + reading);
        return new Merge(this).run(threshold, reading);
    }

    /** Forgets everything, also the time. */
    public void clear() {
        for (int s = used.nextSetBit(0); s >= 0; s = used.nextSetBit(s + 1)) {
            free(s);
        }
        clock = 0;
        dropIndex();
    }

    public int slots() {
        return slots;
    }

    public int width() {
        return width;
    }

    public double importanceWeight() {
        return importanceWeight;
    }

    /** Slots in use. */
    public int size() {
        return used.cardinality();
    }

    public boolean isUsed(int slot) {
        return slot >= 0 && used.get(slot);
    }

    /** The first slot in use from this one on; -1 where there is none. */
    public int nextUsed(int slot) {
        return used.nextSetBit(slot);
    }

    /** A copy of the key, [width]. */
    public float[] key(int slot) {
        return keys[use(slot)].clone();
    }

    /** A copy of the value, [width]. */
    public float[] value(int slot) {
        return values[use(slot)].clone();
    }

    public double importance(int slot) {
        return importance[use(slot)];
    }

    /** Operations since the entry was written. */
    public long age(int slot) {
        return clock - written[use(slot)];
    }

    /** Operations since the entry was written or found. */
    public long idle(int slot) {
        return clock - lastUse[use(slot)];
    }

    /** How often a retrieval found the entry. */
    public long hits(int slot) {
        return hits[use(slot)];
    }

    /** How many written entries the slot stands for. */
    public int merged(int slot) {
        return merged[use(slot)];
    }

    /** Operations so far. */
    public long clock() {
        return clock;
    }

    void setClock(long value) {
        clock = value;
    }

    /** The key itself, not to be changed. */
    float[] rawKey(int slot) {
        return keys[slot];
    }

    /** The value itself, not to be changed. */
    float[] rawValue(int slot) {
        return values[slot];
    }

    SlotState state(int slot) {
        return new SlotState(importance[slot], merged[slot], written[slot], lastUse[slot], hits[slot]);
    }

    /** A draw from 0 to 1 out of this memory's seed. */
    double draw() {
        return random.nextDouble();
    }

    private int use(int slot) {
        if (!isUsed(slot)) {
            throw new BadInputException("Slot " + slot + " of the long-term memory is empty; " + size() + " of its "
                    + slots + " slots are in use.");
        }
        return slot;
    }

    private void checked(String what, float[] vector) {
        if (vector.length != width) {
            throw new BadInputException("The " + what + " has " + vector.length
                    + " numbers, but the long-term memory's have " + width + "; give vectors of one model.");
        }
        for (float x : vector) {
            if (!Float.isFinite(x)) {
                throw new BadInputException("The " + what + " " + Arrays.toString(Arrays.copyOf(vector, 4))
                        + "… holds a number that is not finite; look for the step where the model diverged.");
            }
        }
    }

    private static void require(boolean good, String what, double value, String remedy) {
        if (!good) {
            throw new BadInputException(
                    "The long-term memory's " + what + " is " + Best.shown(value) + "; " + remedy + ".");
        }
    }
}

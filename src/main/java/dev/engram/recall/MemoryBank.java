package dev.engram.recall;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Memories: one unit vector each, in one matrix, with the text beside it. Writing, changing and deleting need no training. Not
 * safe for several threads.
 *
 * <p>A bank belongs to the model and the {@link VectorSource} that wrote its vectors; vectors of another model mean nothing.
 */
public final class MemoryBank {
    /** The seed's cap. */
    public static final int DEFAULT_CAP = 100_000;

    private final String model;
    private final String source;
    private final Centring centring;
    private final int cap;
    private final Eviction eviction;
    private final int width;
    private final List<Memory> memories = new ArrayList<>();
    private final Map<String, Integer> places = new HashMap<>();
    /** Unit vectors row by row, [capacity × width]. */
    private float[] matrix;

    private long[] hits = new long[0];
    private long[] used = new long[0];
    private long clock;
    private long version;

    /**
     * An empty bank.
     *
     * @param model fingerprint of the model that writes the vectors
     * @param source name of the vector source
     * @param centring applied to what is written and to queries
     * @param cap most memories
     * @param eviction who goes when a full bank is written to
     */
    public MemoryBank(String model, String source, Centring centring, int cap, Eviction eviction) {
        if (cap < 1) {
            throw new BadInputException("The bank's cap is " + cap + "; give at least 1.");
        }
        this.model = model;
        this.source = source;
        this.centring = centring;
        this.cap = cap;
        this.eviction = eviction;
        this.width = centring.memoryMean().length;
        this.matrix = new float[0];
    }

    /** A bank of some memories, with the default cap, least recently used first to go. */
    public static MemoryBank of(String model, VectorSource source, Centring centring, List<Memory> memories) {
        MemoryBank bank = new MemoryBank(model, source.name(), centring, DEFAULT_CAP, Eviction.LRU);
        List<float[]> vectors =
                source.vectors(memories.stream().map(Memory::text).toList());
        for (int i = 0; i < memories.size(); i++) {
            bank.add(memories.get(i), vectors.get(i));
        }
        return bank;
    }

    public String model() {
        return model;
    }

    public String source() {
        return source;
    }

    public Centring centring() {
        return centring;
    }

    public int cap() {
        return cap;
    }

    public Eviction eviction() {
        return eviction;
    }

    /** Numbers of a vector. */
    public int width() {
        return width;
    }

    public int size() {
        return memories.size();
    }

    public Memory memory(int at) {
        return memories.get(at);
    }

    public List<Memory> memories() {
        return List.copyOf(memories);
    }

    /** Place of the memory with this id; −1 where there is none. Deleting moves later memories one place down. */
    public int indexOf(String id) {
        return places.getOrDefault(id, -1);
    }

    /** A copy of a unit vector, [width]. */
    public float[] vector(int at) {
        return Arrays.copyOfRange(matrix, at * width, (at + 1) * width);
    }

    /** All unit vectors row by row, [size × width]. */
    public float[] vectors() {
        return Arrays.copyOf(matrix, size() * width);
    }

    /** How often this memory was selected. */
    public long hits(int at) {
        return hits[at];
    }

    /** The bank's clock when this memory was last written or selected. */
    public long lastUsed(int at) {
        return used[at];
    }

    /** Changes with every change of a vector. */
    public long version() {
        return version;
    }

    /** Adds a memory; in a full bank another one goes first. */
    public void add(Memory memory, float[] raw) {
        if (places.containsKey(memory.id())) {
            throw new BadInputException(
                    "The bank already has a memory with the id '" + memory.id() + "'; update it, or give another id.");
        }
        float[] unit = centring.memory(checked(memory.id(), raw));
        if (size() == cap) {
            remove(evicted());
        }
        put(memory, unit, 0, ++clock);
    }

    /** Adds what a file held; vectors are units already. */
    void put(Memory memory, float[] unit, long hit, long when) {
        int at = size();
        reserve(at + 1);
        System.arraycopy(unit, 0, matrix, at * width, width);
        hits[at] = hit;
        used[at] = when;
        clock = Math.max(clock, when);
        memories.add(memory);
        places.put(memory.id(), at);
        version++;
    }

    /** Gives a memory another text and its vector; its hits stay. */
    public void update(String id, String text, float[] raw) {
        int at = require(id);
        float[] unit = centring.memory(checked(id, raw));
        memories.set(at, memories.get(at).withText(text));
        System.arraycopy(unit, 0, matrix, at * width, width);
        used[at] = ++clock;
        version++;
    }

    /** Notes that the model was, or was not, trained on this memory. */
    public void learned(String id, boolean now) {
        int at = require(id);
        memories.set(at, memories.get(at).withLearned(now));
    }

    public void delete(String id) {
        remove(require(id));
    }

    /** Counts a selection. */
    public void selected(int at) {
        hits[at]++;
        used[at] = ++clock;
    }

    /** Writes the bank into a folder; the old one stays until the new one is complete. */
    public void save(Path folder) {
        BankFile.save(this, folder);
    }

    /**
     * Reads a bank.
     *
     * @param model fingerprint of the model that will read it
     * @param width of that model's hidden state
     * @throws BadInputException if the bank is missing, damaged, or another model's
     */
    public static MemoryBank load(Path folder, String model, int width) {
        return BankFile.load(folder, model, width);
    }

    /** Makes room for as many memories at once. */
    void reserve(int rows) {
        if (rows * (long) width > matrix.length) {
            int capacity = Math.max(rows, Math.min(cap, Math.max(16, 2 * size())));
            matrix = Arrays.copyOf(matrix, Math.multiplyExact(capacity, width));
            hits = Arrays.copyOf(hits, capacity);
            used = Arrays.copyOf(used, capacity);
        }
    }

    private void remove(int at) {
        int after = size() - at - 1;
        System.arraycopy(matrix, (at + 1) * width, matrix, at * width, after * width);
        System.arraycopy(hits, at + 1, hits, at, after);
        System.arraycopy(used, at + 1, used, at, after);
        places.remove(memories.remove(at).id());
        for (int i = at; i < size(); i++) {
            places.put(memories.get(i).id(), i);
        }
        version++;
    }

    private int evicted() {
        int worst = 0;
        for (int i = 1; i < size(); i++) {
            int order = switch (eviction) {
                case LRU -> 0;
                case LFU -> Long.compare(hits[i], hits[worst]);
                case IMPORTANCE ->
                    Double.compare(
                            memories.get(i).importance(), memories.get(worst).importance());
            };
            if (order < 0 || order == 0 && used[i] < used[worst]) {
                worst = i;
            }
        }
        return worst;
    }

    private int require(String id) {
        int at = indexOf(id);
        if (at < 0) {
            throw new BadInputException("The bank has no memory with the id '" + id + "'; it holds " + size() + ".");
        }
        return at;
    }

    private float[] checked(String id, float[] raw) {
        if (raw.length != width) {
            throw new BadInputException("The vector of memory '" + id + "' has " + raw.length
                    + " numbers, but the bank's have " + width + "; write it with the bank's own model and source.");
        }
        double squares = 0;
        for (float x : raw) {
            squares += (double) x * x;
        }
        if (!(squares > 0) || Double.isInfinite(squares)) {
            throw new BadInputException("The vector of memory '" + id
                    + "' is zero or not finite; a vector needs finite numbers and a direction.");
        }
        return raw;
    }
}

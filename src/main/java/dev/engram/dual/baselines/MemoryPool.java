package dev.engram.dual.baselines;

/** A memory of a fixed number of slots for keys and values of one layer, which takes in a text chunk by chunk. */
public interface MemoryPool {
    /** For tables. */
    String name();

    /** Slots in all. */
    int slots();

    /** Slots in use. */
    int size();

    /**
     * Takes a chunk in.
     *
     * @param keys [tokens][h]
     * @param values [tokens][h]
     */
    void update(float[][] keys, float[][] values);

    /** What a query [h] reads, [h]; zeros where nothing is stored. */
    float[] read(float[] query);
}

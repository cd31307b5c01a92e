package dev.engram.recall;

/**
 * Which memory goes when a full bank is written to. Hits count on the selected memory alone; in the code of the seed's scheme every
 * memory is hit by every recall, so that its counts rank nothing.
 */
public enum Eviction {
    /** The one that was written or selected longest ago. */
    LRU,
    /** The one with the fewest hits; of equals the least recently used. */
    LFU,
    /** The least important; of equals the least recently used. */
    IMPORTANCE
}

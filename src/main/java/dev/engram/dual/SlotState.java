package dev.engram.dual;

/**
 * What a slot knows besides key and value.
 *
 * @param importance more than 0
 * @param merged how many written entries it stands for
 * @param written operation that wrote it
 * @param lastUse operation that wrote or found it last
 * @param hits how often it was found
 */
record SlotState(double importance, int merged, long written, long lastUse, long hits) {
    /** The state of two entries that became one. */
    SlotState plus(SlotState other) {
        return new SlotState(
                importance + other.importance,
                merged + other.merged,
                Math.min(written, other.written),
                Math.max(lastUse, other.lastUse),
                hits + other.hits);
    }
}

package dev.engram.dual;

/**
 * Which slot of a full {@link LongTermMemory} a new entry takes: the one that is worth least. The usual ones are in
 * {@link ReplacementPolicy}; a reader's own is one line.
 */
@FunctionalInterface
public interface Replacement {
    /**
     * What losing a slot would cost, in any unit; of equals the oldest is replaced.
     *
     * @param memory full
     * @param slot one of its slots
     */
    double worth(LongTermMemory memory, int slot);
}

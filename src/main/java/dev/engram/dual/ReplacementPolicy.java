package dev.engram.dual;

/**
 * The replacement rules that are compared. Seed 004 promises "FIFO storage with intelligent replacement", which are two things; it
 * defines neither, so these definitions are ours.
 */
public enum ReplacementPolicy implements Replacement {
    /** The oldest entry goes, however often it is read. */
    FIFO {
        @Override
        public double worth(LongTermMemory memory, int slot) {
            return -memory.age(slot);
        }
    },
    /** The entry of the smallest importance goes. */
    LEAST_IMPORTANT {
        @Override
        public double worth(LongTermMemory memory, int slot) {
            return memory.importance(slot);
        }
    },
    /** The entry goes that was neither written nor read for the longest time. */
    LEAST_RECENTLY_USED {
        @Override
        public double worth(LongTermMemory memory, int slot) {
            return -memory.idle(slot);
        }
    },
    /** Importance counts half after as many unused operations as the memory has slots: importance · 2^(-idle / slots). */
    HYBRID {
        @Override
        public double worth(LongTermMemory memory, int slot) {
            return memory.importance(slot) * Math.pow(2, -memory.idle(slot) / (double) memory.slots());
        }
    },
    /** Any entry goes: the control. The draw comes from the memory's own seed. */
    RANDOM {
        @Override
        public double worth(LongTermMemory memory, int slot) {
            return memory.draw();
        }
    }
}

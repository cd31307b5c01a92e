package dev.engram.dual;

/** How a {@link LongTermMemory} searches without comparing a query with every slot in full. */
public enum IndexKind {
    /** A graph of near neighbours (JVector): few slots are looked at, and neighbours are missed; changed slots wait for a new graph. */
    GRAPH,
    /** All slots are looked at along a few leading directions, those that may be among the best in full; slots change at once. */
    PROJECTED
}

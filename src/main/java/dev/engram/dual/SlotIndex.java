package dev.engram.dual;

import java.util.function.IntConsumer;

/** What keeps a {@link LongTermMemory} from comparing a query with every slot. The scores themselves come from the slots. */
interface SlotIndex {
    /** A slot was written, merged or freed. */
    void changed(int slot);

    /** A slot's importance grew. */
    default void reinforced(int slot) {}

    /** Hands over slots among which the k best for the query very probably are; none is handed over twice. */
    void candidates(float[] query, int k, IntConsumer candidate);
}

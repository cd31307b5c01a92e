package dev.engram.dual.baselines;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.Retrieved;

/**
 * LMCODE's store as a pool: every token is written with importance 1; a read adds the attention that each of its k slots received to
 * the slot's importance.
 */
public final class LongTermPool implements MemoryPool {
    private final String name;
    private final LongTermMemory memory;
    private final int k;

    /**
     * Around a store.
     *
     * @param k slots that a query reads
     */
    public LongTermPool(String name, LongTermMemory memory, int k) {
        Pools.requirePositive("k", k);
        this.name = name;
        this.memory = memory;
        this.k = k;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int slots() {
        return memory.slots();
    }

    @Override
    public int size() {
        return memory.size();
    }

    @Override
    public void update(float[][] keys, float[][] values) {
        Pools.requirePairs(keys, values, memory.width());
        for (int i = 0; i < keys.length; i++) {
            memory.write(keys[i], values[i], 1);
        }
    }

    @Override
    public float[] read(float[] query) {
        Retrieved found = memory.retrieve(query, k);
        float[] weights = found.weights();
        for (int i = 0; i < weights.length; i++) {
            memory.reinforce(found.slots()[i], weights[i]);
        }
        return memory.read(found);
    }
}

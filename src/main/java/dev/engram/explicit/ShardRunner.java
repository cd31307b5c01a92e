package dev.engram.explicit;

import java.util.List;
import java.util.function.BiConsumer;

/** Who encodes the shards of a job: this process, or a cluster. */
@FunctionalInterface
public interface ShardRunner {
    /**
     * Has every shard encoded by {@link ReferenceBank#encode}, in any order, and returns when all are.
     *
     * @param done is told each finished shard once, with its checksums
     */
    void run(List<ShardTask> tasks, BiConsumer<ShardTask, long[]> done);
}

package dev.engram.explicit;

import java.io.Serializable;
import java.util.List;

/**
 * References that are to become one shard of a bank: the unit of an encoding job. What travels to another machine is this, numbers and
 * texts; model and bank stay where they are.
 *
 * @param number of the shard's files
 */
public record ShardTask(int number, List<Reference> references) implements Serializable {
    private static final long serialVersionUID = 1;

    public ShardTask {
        references = List.copyOf(references);
    }
}

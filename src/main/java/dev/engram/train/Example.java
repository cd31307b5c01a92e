package dev.engram.train;

import dev.engram.model.BadInputException;
import java.util.Arrays;
import java.util.List;

/**
 * A sequence to learn from. Labels follow transformers' convention: they are not shifted, label {@code t} belongs to token
 * {@code t} and is predicted at {@code t - 1}; the first one is therefore never learned.
 *
 * @param ids token ids
 * @param labels one per id: the id where it is learned, {@link Labels#IGNORE} elsewhere
 */
public record Example(int[] ids, int[] labels) {
    public Example {
        if (ids.length != labels.length) {
            throw new BadInputException("An example has " + ids.length + " ids and " + labels.length
                    + " labels; give one label for each id.");
        }
    }

    public int tokens() {
        return ids.length;
    }

    /** Tokens that are learned: labels that count, but for the first token's. */
    public int learned() {
        return (int)
                Arrays.stream(labels).skip(1).filter(l -> l != Labels.IGNORE).count();
    }

    /** A number that changes with any id or label of any example. */
    static String fingerprint(List<Example> examples) {
        long hash = examples.size();
        for (Example e : examples) {
            hash = 31 * (31 * hash + Arrays.hashCode(e.ids)) + Arrays.hashCode(e.labels);
        }
        return Long.toHexString(hash);
    }
}

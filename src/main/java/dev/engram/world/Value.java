package dev.engram.world;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A value of a relation.
 *
 * @param text what is asked for
 * @param mention how a sentence has it: with "the" where the name has one
 * @param entity the entity it is, or null
 */
record Value(String text, String mention, Entity entity) {
    private static final Map<String, String> LISTS = Resources.pairs("values.txt");

    static Value of(String text) {
        return new Value(text, text, null);
    }

    static Value of(Entity entity) {
        return new Value(entity.name(), entity.mention(), entity);
    }

    /** All values of a range that is not a kind of entity: {@code list:trade}, {@code number:3-46 days}, {@code these:a;b}. */
    static List<Value> range(String range) {
        if (range.startsWith("these:")) {
            return Resources.list(range.substring(6)).stream().map(Value::of).toList();
        }
        String[] parts = range.split("[: ]", 3);
        if (parts[0].equals("list")) {
            return Resources.list(LISTS.get(parts[1])).stream().map(Value::of).toList();
        }
        int[] ends =
                Arrays.stream(parts[1].split("-")).mapToInt(Integer::parseInt).toArray();
        String unit = parts.length > 2 ? " " + parts[2] : "";
        return IntStream.rangeClosed(ends[0], ends[1])
                .mapToObj(number -> Value.of(number + unit))
                .toList();
    }
}

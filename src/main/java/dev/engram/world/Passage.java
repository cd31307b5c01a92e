package dev.engram.world;

import java.util.List;

/**
 * A few sentences about one entity, at most 128 tokens of the default model.
 *
 * @param entity its name
 * @param facts ids of the facts it states, in their order
 */
public record Passage(String id, String split, String entity, List<String> facts, String text) {
    public Passage {
        facts = List.copyOf(facts);
    }
}

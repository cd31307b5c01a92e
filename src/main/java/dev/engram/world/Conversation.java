package dev.engram.world;

import java.util.List;

/**
 * A conversation to train on.
 *
 * @param kind what it shows: recall, several, passage, two-hop, unknown, update, claim, everyday
 * @param think whether its assistant turns start with a {@code <think>} part
 * @param facts ids of the facts it uses
 */
public record Conversation(
        String id, String split, String kind, boolean think, List<String> facts, List<Turn> messages) {
    public Conversation {
        facts = List.copyOf(facts);
        messages = List.copyOf(messages);
    }
}

package dev.engram.compare;

import dev.engram.model.text.Message;
import java.util.List;

/**
 * One question of one test.
 *
 * @param number place among the probes of its test: arms are compared probe by probe
 * @param unit the entity it is about; intervals are over entities
 * @param messages the conversation that ends with the question
 * @param gold the right answer
 * @param rejected an answer that is wrong in a telling way, such as the old value; or empty
 * @param facts ids of the facts that answer it; none for an unknown name
 */
public record Probe(
        Task test, int number, String unit, List<Message> messages, String gold, String rejected, List<String> facts) {
    public Probe {
        messages = List.copyOf(messages);
        facts = List.copyOf(facts);
    }

    /** The user's last words: what a search searches for. */
    public String question() {
        return messages.get(messages.size() - 1).content();
    }

    /** Whether texts stand with the number of their entry, so that their order can be told. */
    public boolean dated() {
        return test == Task.ORDER;
    }
}

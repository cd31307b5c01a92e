package dev.engram.eval;

import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * A question to a model and its right answer.
 *
 * @param unit what it is about: questions of the same unit (an entity) are not independent, so intervals are over units
 * @param messages the conversation that ends with the question
 * @param gold the right answer
 */
public record Question(String unit, List<Message> messages, String gold) {
    public Question {
        messages = List.copyOf(messages);
    }

    /** A question by itself. */
    public static Question closedBook(String unit, String question, String gold) {
        return new Question(unit, List.of(Message.user(question)), gold);
    }

    /** A question whose answer stands in a passage. The wording is one that a model of 135 M parameters follows. */
    public static Question reading(String unit, String passage, String question, String gold) {
        return new Question(
                unit,
                List.of(Message.user("Answer the question using the text.\n\n" + passage + "\n\n" + question)),
                gold);
    }

    /** The same with a system message in front. */
    public Question withSystem(String system) {
        List<Message> all = new ArrayList<>(List.of(Message.system(system)));
        all.addAll(messages);
        return new Question(unit, all, gold);
    }
}

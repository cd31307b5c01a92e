package dev.engram.recall;

import dev.engram.model.text.Message;
import java.util.List;

/**
 * A conversation to train on, in the one form that everything here reads.
 *
 * @param index original index in its source, for the log
 * @param messages turns in order
 */
public record SftSample(int index, List<Message> messages) {
    public SftSample {
        messages = List.copyOf(messages);
    }

    /** A question with its answer. */
    static SftSample of(int index, String question, String answer) {
        return new SftSample(index, List.of(Message.user(question), Message.assistant(answer)));
    }
}

package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Retrieved passages as text before a question: retrieval-augmented generation, the text memory that explicit memory is measured
 * against (seed 003, section 5.2).
 *
 * @param instruction stands first, or empty
 * @param bestLast whether the best passage stands next to the question rather than first
 */
public record RagPrompt(String instruction, boolean bestLast) {
    /** The wording of {@code eval.Question.reading}, which a model of 135 M parameters follows; best passage first. */
    public static RagPrompt standard() {
        return new RagPrompt("Answer the question using the text.", false);
    }

    /** Instruction, passages and question, separated by empty lines. Without passages it is the question alone. */
    public String plain(String question, List<Hit> passages) {
        if (question.isBlank()) {
            throw new BadInputException("The question is empty; give one.");
        }
        if (passages.isEmpty()) {
            return question;
        }
        List<String> parts = new ArrayList<>();
        passages.forEach(p -> parts.add(bestLast ? 0 : parts.size(), p.text()));
        if (!instruction.isBlank()) {
            parts.add(0, instruction);
        }
        parts.add(question);
        return String.join("\n\n", parts);
    }

    /** The conversation so far, ending with the user's question, whose turn receives the passages. */
    public List<Message> messages(List<Message> conversation, List<Hit> passages) {
        int last = conversation.size() - 1;
        if (last < 0 || !conversation.get(last).role().equals("user")) {
            throw new BadInputException("The conversation has "
                    + (last < 0
                            ? "no message"
                            : "a last message of the role "
                                    + conversation.get(last).role())
                    + "; end it with the user's question.");
        }
        List<Message> out = new ArrayList<>(conversation);
        out.set(last, Message.user(plain(conversation.get(last).content(), passages)));
        return out;
    }

    /** One question as a conversation. */
    public List<Message> messages(String question, List<Hit> passages) {
        return messages(List.of(Message.user(question)), passages);
    }
}

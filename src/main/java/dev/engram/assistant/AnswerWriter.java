package dev.engram.assistant;

import dev.engram.retrieve.Hit;
import dev.engram.retrieve.Retriever;
import java.util.List;

/** Words an answer from texts that were found. */
public interface AnswerWriter {
    /**
     * What was written.
     *
     * @param text empty if nothing was
     * @param read the texts it was given, those that it asked for while writing included
     * @param rereads how often the store was asked again while it wrote
     */
    record Draft(String text, List<Hit> read, int rereads) {}

    /**
     * Answers a question.
     *
     * @param texts to read; may be empty
     * @param store to read again while the answer is written; may be asked at any time
     */
    Draft write(String question, List<Hit> texts, Retriever store);

    /** Writes nothing, so that every answer quotes its memory: the assistant without a language model. */
    static AnswerWriter quoting() {
        return (question, texts, store) -> new Draft("", texts, 0);
    }
}

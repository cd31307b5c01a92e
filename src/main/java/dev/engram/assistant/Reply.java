package dev.engram.assistant;

import java.util.List;

/**
 * What the assistant says, and why.
 *
 * @param kind of the last thing it did
 * @param text what the user reads; an answer names the ids of its sources
 * @param sources of the answer, best first
 * @param noted what was written to memory in this turn
 * @param writer who worded the answer: model, quote (the model's words lacked the value, so the memory is quoted) or fixed
 * @param rereads how often the store was read again while the answer was generated
 */
public record Reply(Kind kind, String text, List<Source> sources, List<Told> noted, String writer, int rereads) {
    /** What a reply is. */
    public enum Kind {
        /** Answered from what the user told. */
        MEMORY,
        /** Answered from a domain pack. */
        DOMAIN,
        /** Asked about something that no store holds. */
        UNKNOWN,
        /** Nothing asked; something was written to memory. */
        NOTED,
        /** Something was deleted. */
        FORGOTTEN,
        /** The model alone speaks, without any memory. */
        MODEL
    }

    public Reply {
        sources = List.copyOf(sources);
        noted = List.copyOf(noted);
    }
}

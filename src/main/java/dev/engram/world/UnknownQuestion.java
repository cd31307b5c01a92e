package dev.engram.world;

/**
 * A question about something of which no fact tells; the right answer is to abstain.
 *
 * @param kind what the name would be the name of
 * @param name occurs nowhere else
 * @param answer a sentence that abstains
 */
public record UnknownQuestion(
        String id, String split, String kind, String name, String relation, String question, String answer) {}

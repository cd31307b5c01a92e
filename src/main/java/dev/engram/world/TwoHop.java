package dev.engram.world;

/**
 * A question whose answer follows from two facts: the value of the first is the entity of the second.
 *
 * @param first id of the first fact
 * @param second id of the second fact
 * @param question names the first fact's entity only
 * @param answer the second fact's value
 */
public record TwoHop(String id, String split, String first, String second, String question, String answer) {}

package dev.engram.forget;

/**
 * A layer deleted something.
 *
 * @param token tokens seen at that moment
 * @param layer which layer
 * @param slots how many slots went
 */
public record Deletion(int token, int layer, int slots) {}

package dev.engram.retrieve;

/**
 * A text that was found.
 *
 * @param id in the store
 * @param score cosine between query and text, −1 to 1
 */
public record Hit(String id, String text, double score) {}

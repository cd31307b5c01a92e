package dev.engram.world;

/**
 * One turn of a conversation.
 *
 * @param role system, user or assistant
 */
public record Turn(String role, String content) {}

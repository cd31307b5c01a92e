package dev.engram.world;

/**
 * Something a user tells about himself or herself on a day; a later fact of the same relation replaces it.
 *
 * @param day 1 to 365
 * @param horizon how long it matters: short, mid, long
 * @param utterance what the user says
 * @param masked the same with {@code [MASK]} in place of the value
 * @param fact its statement and questions; the questions are asked in the user's own voice
 */
public record PersonalFact(int day, String horizon, String utterance, String masked, Fact fact) {}

package dev.engram.world;

/**
 * A pair of answers for direct preference optimisation.
 *
 * @param kind what is wrong with the rejected answer: value, invented, evasive, rambling, outdated
 * @param fact id of the fact, or empty for an unknown entity
 */
public record Preference(
        String id, String split, String kind, String fact, String prompt, String chosen, String rejected) {}

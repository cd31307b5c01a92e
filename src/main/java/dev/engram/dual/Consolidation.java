package dev.engram.dual;

/**
 * What a consolidation did.
 *
 * @param before used slots before it
 * @param after used slots after it
 * @param target [slots] for each slot that was used, the slot that holds its entry now; -1 for the others
 */
public record Consolidation(int before, int after, int[] target) {}

package dev.engram.compare;

/**
 * How long one question took alone, beside the plain model's time for it in the same moment: a line of laps.csv.
 *
 * @param first seconds to the first token, search included
 * @param whole seconds to the end of the answer
 * @param base_first the plain model's
 * @param base_whole the plain model's, which need not be as long
 */
public record Lap(
        String arm, long seed, int number, double first, double whole, double base_first, double base_whole) {}

package dev.engram.world;

/**
 * Something that facts are about.
 *
 * @param id such as {@code ship-07}
 * @param kind person, ship, law ...
 * @param name as it is asked for: {@code Patient Heron}
 * @param mention as a sentence has it: {@code the Patient Heron}
 * @param later how a passage mentions it after the first time: {@code the ship}, or a person's given name
 * @param gender f or m for persons, else empty
 * @param island name of the island it belongs to
 * @param split train, heldout or (in names that no fact is about) unknown; an island and all that belongs to it share one
 */
public record Entity(
        String id,
        String kind,
        String name,
        String mention,
        String later,
        String gender,
        String island,
        String split) {}

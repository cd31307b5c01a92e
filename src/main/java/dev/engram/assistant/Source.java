package dev.engram.assistant;

import java.time.LocalDate;

/**
 * Where an answer came from.
 *
 * @param id of the memory, or of the passage in a domain pack
 * @param turn in which the user told it; 0 for a passage
 * @param date on which it was told; empty for a passage
 * @param store short, mid, long, or the name of the domain pack
 * @param score cosine of the question and the text
 */
public record Source(String id, String text, int turn, String date, String store, double score) {
    static String date(double day) {
        return LocalDate.ofEpochDay((long) Math.floor(day)).toString();
    }
}

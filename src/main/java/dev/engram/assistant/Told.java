package dev.engram.assistant;

import java.util.List;

/**
 * Something the user told, with where it came from.
 *
 * @param id such as m12; never given twice
 * @param subject what it is about, such as weight; a later telling of the same subject replaces this one; empty if none was recognised
 * @param value the value in the text, such as 45 kg; empty if the rules found none
 * @param text the user's own words
 * @param turns numbers of the turns in which it was told, the first one first
 * @param day when it was told last, in days since 1970
 * @param end empty while it counts; else why it does not: superseded by m15, outlived its time, no room
 */
public record Told(String id, String subject, String value, String text, List<Integer> turns, double day, String end) {
    public Told {
        turns = List.copyOf(turns);
    }

    /** The same with a reason why it no longer counts. */
    Told ended(String why) {
        return new Told(id, subject, value, text, turns, day, why);
    }
}

package dev.engram.assistant;

import java.util.List;

/**
 * One turn of the user and the reply.
 *
 * @param turn its number, counted over all conversations
 * @param day in days since 1970
 * @param cited ids of the memories and passages that the reply used or noted
 */
public record Exchange(int turn, double day, String user, String reply, List<String> cited) {
    /** What stands where something was deleted on request. */
    public static final String FORGOTTEN = "[forgotten]";

    public Exchange {
        cited = List.copyOf(cited);
    }
}

package dev.engram.world;

import java.util.List;

/**
 * A question of a multiple-choice paper.
 *
 * @param paper law or medicine
 * @param fact id of the fact that answers it
 * @param options four, the values of facts of the same kind
 * @param answer index of the right option, 0 to 3; written as A to D in the file
 */
public record PaperQuestion(
        String id, String paper, String split, String fact, String question, List<String> options, int answer) {
    public PaperQuestion {
        options = List.copyOf(options);
    }
}

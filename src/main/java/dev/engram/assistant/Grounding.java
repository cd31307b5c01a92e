package dev.engram.assistant;

import dev.engram.eval.Answers;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether a generated answer says what the texts say: it holds the value, or where no value is known some word of the texts that is not
 * in the question, and no number or name from elsewhere. A small model often answers fluently and wrongly; then the text is quoted.
 */
final class Grounding {
    private static final Set<String> SMALL = Set.of(
            "i you he she it we they is are was were am be been do does did has have had in on at to of for by with and or not no"
                    .split(" "));

    private Grounding() {}

    /** @param value that must occur; empty if none is known */
    static boolean holds(String answer, String question, List<String> texts, String value) {
        if (answer.isBlank() || !value.isEmpty() && !Answers.contains(answer, value)) {
            return false;
        }
        Set<String> known = new HashSet<>(words(question));
        Set<String> told = texts.stream().flatMap(t -> words(t).stream()).collect(Collectors.toSet());
        boolean news =
                words(answer).stream().anyMatch(w -> told.contains(w) && !known.contains(w) && !SMALL.contains(w));
        known.addAll(told);
        return news && strange(answer).stream().allMatch(known::contains);
    }

    /** Numbers, and names that do not merely begin the sentence, in the form of {@link Answers#normalised}. */
    private static List<String> strange(String answer) {
        String[] parts = answer.strip().split("\\s+");
        return Arrays.stream(parts)
                .filter(w -> w.chars().anyMatch(Character::isDigit)
                        || w != parts[0]
                                && Character.isUpperCase(
                                        w.replaceFirst("^\\P{L}+", "x").charAt(0)))
                .map(Answers::normalised)
                .filter(w -> !w.isEmpty() && !SMALL.contains(w))
                .toList();
    }

    private static List<String> words(String text) {
        return Arrays.asList(Answers.normalised(text).split(" "));
    }
}

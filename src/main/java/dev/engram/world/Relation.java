package dev.engram.world;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is said of all entities of a kind, with its hand-written sentences.
 *
 * @param kind of the entities that have it
 * @param name such as {@code captain}
 * @param range what its values are: {@code list:NAME}, {@code number:FROM-TO UNIT}, or a kind of entity
 * @param older whether a value must be older than its owner (a teacher)
 * @param sentences the families of sentences, by {@link Family}
 */
record Relation(String kind, String name, String range, boolean older, Map<Family, List<String>> sentences) {

    /** What a line of a relation's text is for; the letter starts the line. */
    enum Family {
        /** Full sentences that state the fact on their own. */
        STATEMENT('S'),
        /** Sentences with a pronoun, for the middle of a passage. */
        FOLLOWING('P'),
        /** Questions for training. */
        TRAIN('T'),
        /** Questions of other syntax, kept for tests. */
        HELDOUT('H'),
        /** From the value to the entity. */
        REVERSE('R'),
        /** The fact has changed from {o} to {v}. */
        UPDATE('U'),
        /** A noun phrase that stands for the value. */
        BRIDGE('N'),
        /** A question that goes with a noun phrase in place of the name. */
        ONWARD('B');

        private final char letter;

        Family(char letter) {
            this.letter = letter;
        }

        char letter() {
            return letter;
        }

        static Family of(char letter) {
            for (Family family : values()) {
                if (family.letter == letter) {
                    return family;
                }
            }
            throw new IllegalStateException("No sentence family has the letter " + letter + ".");
        }
    }

    List<String> of(Family family) {
        return sentences.getOrDefault(family, List.of());
    }

    boolean has(Family family) {
        return !of(family).isEmpty();
    }

    /** Whether values are entities of a kind. */
    boolean toEntity() {
        return !range.contains(":");
    }

    /** Relations of a kind of entity, from relations/KIND.txt. */
    static List<Relation> of(Kind kind) {
        List<Relation> relations = new ArrayList<>();
        Resources.sections("relations/" + kind.name() + ".txt").forEach((title, lines) -> {
            boolean older = title.endsWith(" older");
            String[] words = title.replace(" older", "").split(" ", 2);
            relations.add(new Relation(kind.name(), words[0], words[1], older, families(lines)));
        });
        return relations;
    }

    static Map<Family, List<String>> families(List<String> lines) {
        Map<Family, List<String>> families = new HashMap<>();
        for (String line : lines) {
            families.computeIfAbsent(Family.of(line.charAt(0)), f -> new ArrayList<>())
                    .add(line.substring(2));
        }
        return families;
    }
}

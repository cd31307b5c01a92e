package dev.engram.world;

import dev.engram.world.Relation.Family;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What one user tells over a year, from personal.txt: values that change, each told in the user's own words. */
final class PersonalFacts {
    private static final int DAYS = 365;
    private static final String WHO = "the user";
    private static final String MASK = "[MASK]";

    private PersonalFacts() {}

    private record Telling(
            int day, String attribute, String horizon, String value, String next, Map<String, List<String>> lines) {}

    static List<PersonalFact> make(String seed) {
        List<Telling> tellings = new ArrayList<>();
        Resources.sections("personal.txt").forEach((title, lines) -> {
            List<String> header = Resources.list(title);
            tellings.addAll(schedule(seed, header, header.subList(2, header.size()), byLetter(lines)));
        });
        return ordered(seed, tellings);
    }

    private static List<PersonalFact> ordered(String seed, List<Telling> tellings) {
        tellings.sort(Comparator.comparingInt(Telling::day).thenComparing(Telling::attribute));
        List<PersonalFact> facts = new ArrayList<>();
        for (Telling telling : tellings) {
            facts.add(fact(seed, telling, facts.size()));
        }
        return facts;
    }

    /**
     * The year of another user: the same attributes, values of his or her own, and for a user kept for tests other sentences.
     *
     * @param name of the user: the seed of all choices
     * @param test whether values and sentences are those that no user for training has
     */
    static List<PersonalFact> of(String name, boolean test) {
        Map<String, List<String>> people = Resources.sections("people.txt");
        List<Telling> tellings = new ArrayList<>();
        Resources.sections("personal.txt").forEach((title, lines) -> {
            List<String> header = Resources.list(title);
            Map<String, List<String>> own = byLetter(people.get(header.get(0)));
            Map<String, List<String>> said = new HashMap<>(byLetter(lines));
            if (test) {
                said.put("W", own.get("V"));
            }
            int count = header.size() - 2;
            List<String> pool = values(own.get(test ? "Q" : "P").get(0));
            List<String> drawn = new Draw(name, "values", header.get(0)).shuffled(pool);
            tellings.addAll(schedule(name, header, drawn.subList(0, Math.min(count, drawn.size())), said));
        });
        return ordered(name, tellings);
    }

    private static List<String> values(String line) {
        return Value.range(line.startsWith("number:") ? line : "these:" + line).stream()
                .map(Value::text)
                .toList();
    }

    /** Spreads an attribute's values over the year, in their order. */
    private static List<Telling> schedule(
            String seed, List<String> header, List<String> values, Map<String, List<String>> lines) {
        Draw draw = new Draw(seed, "personal", header.get(0));
        int room = DAYS / values.size();
        List<Telling> tellings = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            int day = i * room + draw.between(1, room);
            String next = i + 1 < values.size() ? values.get(i + 1) : "";
            tellings.add(new Telling(day, header.get(0), header.get(1), values.get(i), next, lines));
        }
        return tellings;
    }

    private static Map<String, List<String>> byLetter(List<String> lines) {
        return lines.stream()
                .collect(Collectors.groupingBy(
                        line -> line.substring(0, 1),
                        Collectors.mapping(line -> line.substring(2), Collectors.toList())));
    }

    private static PersonalFact fact(String seed, Telling telling, int index) {
        String id = String.format(Locale.ROOT, "me%03d", index + 1);
        Draw draw = new Draw(seed, id);
        Phrasing phrasing = new Phrasing().with("v", telling.value());
        String utterance = draw.pick(telling.lines().get("W"));
        List<String> statements = telling.lines().get("S").stream()
                .map(pattern -> phrasing.fill(pattern, draw))
                .toList();
        Fact fact = new Fact(
                id,
                "train",
                "user",
                WHO,
                telling.attribute(),
                index,
                telling.value(),
                telling.next(),
                statements.get(0),
                telling.next().isEmpty()
                        ? ""
                        : new Phrasing()
                                .with("v", telling.next())
                                .fill(telling.lines().get("S").get(0), draw),
                statements.subList(1, statements.size()),
                telling.lines().get(String.valueOf(Family.TRAIN.letter())),
                telling.lines().get(String.valueOf(Family.HELDOUT.letter())),
                "",
                "");
        return new PersonalFact(
                telling.day(),
                telling.horizon(),
                phrasing.fill(utterance, draw),
                new Phrasing().with("v", MASK).fill(utterance, draw),
                fact);
    }
}

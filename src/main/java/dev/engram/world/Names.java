package dev.engram.world;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes names from hand-made heads and tails, which differ from culture to culture. No two names of a kind are alike: they
 * differ in more than one letter, none contains another, and no two persons share a given name. Heads and
 * tails are dealt out evenly.
 */
final class Names {
    private static final Pattern SLOT = Pattern.compile("\\{(\\w+)}");
    private static final int ATTEMPTS = 10_000;

    private final Map<String, String> lists = Resources.pairs("names.txt");
    private final Map<String, Set<String>> used = new HashMap<>();
    private final Map<String, Deck<String>> decks = new HashMap<>();

    /** A new name's full form and its first part, which for a person is the given name. */
    record Name(String full, String first) {}

    /** Makes a name by a kind's pattern, with the syllables of a culture and, for a person, a gender. */
    Name make(Kind kind, String culture, String gender, Draw draw) {
        for (int i = 0; i < ATTEMPTS; i++) {
            Matcher slots = SLOT.matcher(kind.pattern());
            List<String> parts = new ArrayList<>();
            String full = slots.replaceAll(slot -> {
                parts.add(part(slot.group(1), culture, gender, draw));
                return parts.get(parts.size() - 1);
            });
            Set<String> ofKind = used.computeIfAbsent(kind.name(), k -> new HashSet<>());
            String key = kind.name().equals("person") ? parts.get(0) : full;
            if (ofKind.stream().noneMatch(other -> alike(other, key))) {
                ofKind.add(key);
                return new Name(full, parts.get(0));
            }
        }
        throw new IllegalStateException("There are too few syllables for another name of the kind " + kind.name()
                + " in the culture " + culture + "; add some to names.txt.");
    }

    private String part(String slot, String culture, String gender, Draw draw) {
        String list = lists.get(slot);
        for (String key : List.of(culture + "." + slot, culture + "." + slot + "." + gender)) {
            list = lists.getOrDefault(key, list);
        }
        StringBuilder name = new StringBuilder();
        for (String column : list.split(" \\+ ")) {
            name.append(decks.computeIfAbsent(slot + " " + column, d -> new Deck<>(List.of(column.split(" ")), draw))
                    .deal(any -> true)
                    .orElseThrow());
        }
        return name.toString().replace('_', ' ');
    }

    static boolean alike(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        return a.contains(b) || b.contains(a) || differInOneLetter(a, b);
    }

    private static boolean differInOneLetter(String a, String b) {
        int front = 0;
        while (front < Math.min(a.length(), b.length()) && a.charAt(front) == b.charAt(front)) {
            front++;
        }
        int back = 0;
        while (back < Math.min(a.length(), b.length()) - front
                && a.charAt(a.length() - 1 - back) == b.charAt(b.length() - 1 - back)) {
            back++;
        }
        return Math.max(a.length(), b.length()) - front - back <= 1;
    }
}

package dev.engram.world;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns a hand-written pattern into a sentence. {@code [x|y]} is a choice, {@code {slot}} is filled in; {@code {a slot}} puts
 * "a" or "an" before it and {@code {slot's}} makes it a possessive. Sentences start with a capital letter.
 */
final class Phrasing {
    private static final Pattern CHOICE = Pattern.compile("\\[([^\\[\\]]+\\|[^\\[\\]]+)]");
    private static final Pattern SLOT = Pattern.compile("\\{(a )?(\\w+)('s)?}");
    private static final Pattern START = Pattern.compile("(^|[.?!]\"? +|\n+)(\"?)(\\p{Ll})");

    private final Map<String, String> slots = new HashMap<>();

    Phrasing with(String slot, String text) {
        slots.put(slot, text);
        return this;
    }

    /** The entity with its pronouns. */
    static Phrasing about(Entity entity) {
        return about(entity, entity.mention());
    }

    /** The entity under another mention, such as "the ship". */
    static Phrasing about(Entity entity, String mention) {
        boolean she = entity.gender().equals("f");
        return new Phrasing()
                .with("e", mention)
                .with("k", entity.kind())
                .with("he", she ? "she" : "he")
                .with("him", she ? "her" : "him")
                .with("his", she ? "her" : "his");
    }

    String fill(String pattern, Draw draw) {
        String chosen = CHOICE.matcher(pattern).replaceAll(m -> {
            List<String> choices = List.of(m.group(1).split("\\|"));
            return Matcher.quoteReplacement(draw.pick(choices));
        });
        return sentence(plain(chosen));
    }

    /** Without choices, and without a capital letter at the start. */
    String plain(String pattern) {
        return SLOT.matcher(pattern).replaceAll(m -> {
            String text = slots.get(m.group(2));
            if (text == null) {
                throw new IllegalStateException("Nothing is given for " + m.group() + " in: " + pattern);
            }
            String article = m.group(1) == null ? "" : article(text) + " ";
            return Matcher.quoteReplacement(article + text + (m.group(3) == null ? "" : "'s"));
        });
    }

    /** "an" before a vowel's letter; the names and values here have no silent h and no "one-". */
    static String article(String word) {
        return "aeiou".indexOf(Character.toLowerCase(word.charAt(0))) >= 0 ? "an" : "a";
    }

    private static String sentence(String text) {
        return START.matcher(text)
                .replaceAll(m -> Matcher.quoteReplacement(
                        m.group(1) + m.group(2) + m.group(3).toUpperCase(Locale.ROOT)));
    }
}

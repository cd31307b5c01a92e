package dev.engram.recall;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Finds and cuts the {@code <think>} part of a rendered conversation. */
final class ThinkText {
    private static final String OPEN = "<think>";
    private static final String CLOSE = "</think>";

    /** A text in two parts, which joined give it back. */
    record Cut(String prefix, String suffix) {}

    private ThinkText() {}

    static boolean present(String text) {
        return body(text).isPresent();
    }

    /** What stands between {@code <think>} and {@code </think>}, without white space around it. */
    static Optional<String> body(String text) {
        int open = text.indexOf(OPEN);
        int close = text.indexOf(CLOSE, Math.max(0, open));
        if (open < 0 || close < 0) {
            return Optional.empty();
        }
        String body = text.substring(open + OPEN.length(), close).strip();
        return body.isEmpty() ? Optional.empty() : Optional.of(body);
    }

    /**
     * Cuts inside the thought, where a sentence ends or right after {@code <think>}: what comes before is the prefix of a memory_full
     * row, what is left of the same conversation its suffix.
     */
    static Cut cut(String text, SplittableRandom random) {
        int open = text.indexOf(OPEN) + OPEN.length();
        int close = text.indexOf(CLOSE, open);
        int start = open;
        while (start < close && Character.isWhitespace(text.charAt(start))) {
            start++;
        }
        List<Integer> places = new ArrayList<>(List.of(start));
        for (int i = start; i < close; i++) {
            boolean ends = ".!?".indexOf(text.charAt(i)) >= 0;
            if (ends && i + 1 < close && Character.isWhitespace(text.charAt(i + 1))) {
                places.add(i + 1);
            }
        }
        int at = places.get(random.nextInt(places.size()));
        return new Cut(text.substring(0, at), text.substring(at));
    }
}

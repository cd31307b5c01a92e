package dev.engram.assistant;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Cuts a turn into sentences and says which ask, which tell and which want something forgotten. English rules. */
final class Sentences {
    private static final Pattern END =
            Pattern.compile("(?<=[.!?])[\"”']?\\s+(?=[\\p{Lu}\\d\"“'])|\\R+|,? and (?=(?:I|my) )");
    private static final Pattern ASKS = Pattern.compile(
            "(?i)^(?:please )?(?:tell|remind|show) me\\b.*|^(?:what|which|who|whom|whose|where|when|how)\\b.*|.*\\?[\"”']?$");
    private static final Pattern FORGETS = Pattern.compile("(?i)^(?:please )?forget\\s+(?:that\\s+|about\\s+)?\\S.*");

    enum Kind {
        TELLS,
        ASKS,
        FORGETS
    }

    record Sentence(Kind kind, String text) {}

    private Sentences() {}

    static List<Sentence> of(String turn) {
        List<Sentence> out = new ArrayList<>();
        for (String part : END.split(turn.strip())) {
            String text = part.strip();
            if (!text.isEmpty()) {
                Kind kind = FORGETS.matcher(text).matches()
                        ? Kind.FORGETS
                        : ASKS.matcher(text).matches() ? Kind.ASKS : Kind.TELLS;
                out.add(new Sentence(kind, text));
            }
        }
        return out;
    }

    /** What a sentence such as "Please forget my address." wants forgotten. */
    static String wanted(String sentence) {
        return sentence.replaceFirst("(?i)^(?:please )?forget\\s+(?:that\\s+|about\\s+)?(?:my\\s+)?", "")
                .replaceFirst("[.!]$", "")
                .strip();
    }
}

package dev.engram.eval;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares a model's answer with the right one, as SQuAD's official evaluation does (Rajpurkar et al. 2016): lower case, without
 * ASCII punctuation, without the articles a, an and the, white space as one space.
 *
 * <p>Differs from that script in one point: texts are put into Unicode's composed form first, so that an accent has one spelling.
 */
public final class Answers {
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private Answers() {}

    /** The form in which answers are compared. */
    public static String normalised(String answer) {
        StringBuilder kept = new StringBuilder();
        for (char c : Normalizer.normalize(answer, Normalizer.Form.NFC)
                .toLowerCase(Locale.ROOT)
                .toCharArray()) {
            if (PUNCTUATION.indexOf(c) < 0) {
                kept.append(c);
            }
        }
        return kept.toString()
                .replaceAll("(?U)\\b(a|an|the)\\b", " ")
                .replaceAll("(?U)\\s+", " ")
                .strip();
    }

    /** Whether the answer is the right one and nothing else. */
    public static boolean exact(String answer, String gold) {
        return normalised(answer).equals(normalised(gold));
    }

    /**
     * Whether the right answer occurs in this one, word for word: how an answer in a whole sentence is judged. Kinder than
     * {@link #exact}: an answer that names every possibility passes.
     */
    public static boolean contains(String answer, String gold) {
        String wanted = normalised(gold);
        return !wanted.isEmpty() && (" " + normalised(answer) + " ").contains(" " + wanted + " ");
    }

    /** Harmonic mean of precision and recall over words, 0 to 1; two empty answers agree. */
    public static double f1(String answer, String gold) {
        List<String> given = words(answer);
        List<String> wanted = words(gold);
        if (given.isEmpty() || wanted.isEmpty()) {
            return given.isEmpty() && wanted.isEmpty() ? 1 : 0;
        }
        Map<String, Integer> left = new HashMap<>();
        wanted.forEach(w -> left.merge(w, 1, Integer::sum));
        int common = 0;
        for (String word : given) {
            if (left.merge(word, -1, Integer::sum) >= 0) {
                common++;
            }
        }
        if (common == 0) {
            return 0;
        }
        double precision = common / (double) given.size();
        double recall = common / (double) wanted.size();
        return 2 * precision * recall / (precision + recall);
    }

    private static List<String> words(String text) {
        return Arrays.stream(normalised(text).split(" "))
                .filter(w -> !w.isEmpty())
                .toList();
    }
}

package dev.engram.explicit.pretrain;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A vocabulary of its own for a tiny model: byte-pair encoding (Sennrich et al. 2016) over the characters of the training texts, so that
 * every token occurs in training and names that nobody has seen are still spelled with known pieces. Words carry the space before
 * them; digits stand alone.
 */
public final class TinyVocabulary {
    /** First token of every text. */
    public static final int BOS = 0;
    /** Token before every reference, in place of "Reference:". */
    public static final int REFERENCE = 1;
    /** A character that the training texts do not have. */
    public static final int UNKNOWN = 2;

    private static final Pattern WORDS = Pattern.compile(" ?\\p{L}+| ?\\d|\\s|[^\\s\\p{L}\\d]");

    private final List<String> tokens = new ArrayList<>(List.of("<bos>", "<reference>", "<unknown>"));
    private final Map<String, Integer> ids = new HashMap<>();
    /** Pair of ids → id of the joined token; joined tokens are numbered in the order in which they were learned. */
    private final Map<Long, Integer> joins = new HashMap<>();

    private final Map<String, int[]> known = new HashMap<>();

    /**
     * Learns a vocabulary.
     *
     * @param size tokens, the three special ones included
     */
    public static TinyVocabulary learn(List<String> texts, int size) {
        TinyVocabulary vocabulary = new TinyVocabulary();
        Map<String, Integer> counts = new TreeMap<>();
        for (String text : texts) {
            words(text).forEach(w -> counts.merge(w, 1, Integer::sum));
        }
        counts.keySet().stream()
                .flatMapToInt(String::codePoints)
                .sorted()
                .distinct()
                .forEach(c -> vocabulary.add(Character.toString(c)));
        if (vocabulary.size() > size) {
            throw new BadInputException("The vocabulary is to have " + size + " tokens, but the texts have "
                    + (vocabulary.size() - 3) + " characters; give more.");
        }
        vocabulary.join(counts, size);
        return vocabulary;
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORDS.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }

    private int add(String token) {
        tokens.add(token);
        ids.put(token, tokens.size() - 1);
        return tokens.size() - 1;
    }

    /** Joins the most frequent pair, again and again; of equal ones that with the smaller ids. */
    private void join(Map<String, Integer> counts, int size) {
        Map<String, int[]> spelled = new LinkedHashMap<>();
        counts.keySet().forEach(w -> spelled.put(w, characters(w)));
        while (size() < size) {
            int n = size();
            int[] pairs = new int[n * n]; // how often the second token follows the first
            spelled.forEach((word, s) -> {
                int times = counts.get(word);
                for (int i = 1; i < s.length; i++) {
                    pairs[s[i - 1] * n + s[i]] += times;
                }
            });
            int best = 0;
            for (int i = 1; i < pairs.length; i++) {
                best = pairs[i] > pairs[best] ? i : best;
            }
            if (pairs[best] < 2) { // what occurs once is no piece of language
                return;
            }
            int left = best / n;
            int right = best % n;
            int id = add(tokens.get(left) + tokens.get(right));
            joins.put(pair(left, right), id);
            spelled.replaceAll((word, s) -> joined(s, left, right, id));
        }
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    private static int[] joined(int[] s, int left, int right, int id) {
        int[] out = new int[s.length];
        int n = 0;
        for (int i = 0; i < s.length; i++) {
            boolean both = i + 1 < s.length && s[i] == left && s[i + 1] == right;
            out[n++] = both ? id : s[i];
            i += both ? 1 : 0;
        }
        return n == s.length ? s : Arrays.copyOf(out, n);
    }

    private int[] characters(String word) {
        return word.codePoints()
                .map(c -> ids.getOrDefault(Character.toString(c), UNKNOWN))
                .toArray();
    }

    /** Ids of a text, without any special token. */
    public int[] encode(String text) {
        return words(text).stream()
                .flatMapToInt(w -> Arrays.stream(encodeWord(w)))
                .toArray();
    }

    private synchronized int[] encodeWord(String word) {
        return known.computeIfAbsent(word, w -> {
            int[] s = characters(w);
            while (true) {
                int first = Integer.MAX_VALUE; // the pair that was learned first is joined first
                long best = -1;
                for (int i = 1; i < s.length; i++) {
                    int id = joins.getOrDefault(pair(s[i - 1], s[i]), Integer.MAX_VALUE);
                    if (id < first) {
                        first = id;
                        best = pair(s[i - 1], s[i]);
                    }
                }
                if (best < 0) {
                    return s;
                }
                s = joined(s, (int) (best >> 32), (int) best, first);
            }
        });
    }

    /** The text of ids. */
    public String decode(int... text) {
        StringBuilder out = new StringBuilder();
        for (int id : text) {
            out.append(tokens.get(id));
        }
        return out.toString();
    }

    public int size() {
        return tokens.size();
    }
}

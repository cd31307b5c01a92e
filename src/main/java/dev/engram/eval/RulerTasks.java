package dev.engram.eval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Writes the prompts of {@link RulerLike}. */
final class RulerTasks {
    static final int DISTRACTORS = 4;
    private static final int CHAINS = 2;
    private static final int HOPS = 2;
    private static final int COMMON = 3;
    /** A common word comes this many times as often as another. */
    private static final int RATIO = 5;

    private final Filler filler;
    private final ToIntFunction<String> tokens;

    RulerTasks(Filler filler, ToIntFunction<String> tokens) {
        this.filler = filler;
        this.tokens = tokens;
    }

    RulerLike.Item keys(RulerLike.Task task, int n, int length, long seed, Random random) {
        List<String> keys = Words.keys(n, random);
        List<String> numbers = Words.numbers(n, random);
        List<String> lines = IntStream.range(0, n)
                .mapToObj(
                        i -> "One of the special magic numbers for the " + keys.get(i) + " is " + numbers.get(i) + ".")
                .toList();
        String intro = "Some special magic numbers are hidden within the following text. Memorize them.\n\n";
        String question = "\n\nWhat is the special magic number for the " + keys.get(0)
                + " mentioned in the text? The special magic number for the " + keys.get(0) + " is";
        String prompt = hide(intro, lines, question, length, random);
        return new RulerLike.Item(task, length, seed, prompt, List.of(numbers.get(0)), " " + numbers.get(0), 12);
    }

    RulerLike.Item variables(int length, long seed, Random random) {
        List<String> numbers = Words.numbers(CHAINS, random);
        List<String> letters = new ArrayList<>(
                IntStream.range(0, 26).mapToObj(i -> "" + (char) ('A' + i)).toList());
        Collections.shuffle(letters, random);
        List<String> lines = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        for (int c = 0; c < CHAINS; c++) {
            String previous = numbers.get(c);
            for (int h = 0; h <= HOPS; h++) {
                String name = "X" + letters.get(c * (HOPS + 1) + h) + letters.get(c * (HOPS + 1) + h);
                lines.add("VAR " + name + " = " + (h == 0 ? "" : "VAR ") + previous + ".");
                if (c == 0) {
                    answers.add(name);
                }
                previous = name;
            }
        }
        String intro = "Track the chains of variable assignment hidden in the following text.\n\n";
        String question = "\n\nFind all variables that are assigned the value " + numbers.get(0)
                + " in the text above. The variables that are assigned the value " + numbers.get(0) + " are:";
        // in order of assignment within a chain, the chains mixed
        double[] depths = IntStream.range(0, lines.size())
                .mapToDouble(i -> (i % (HOPS + 1) + random.nextDouble()) / (HOPS + 1))
                .toArray();
        String prompt = hide(intro, lines, question, length, random, depths);
        return new RulerLike.Item(
                RulerLike.Task.VARIABLE_TRACKING, length, seed, prompt, answers, " " + String.join(", ", answers), 24);
    }

    RulerLike.Item words(int length, long seed, Random random) {
        List<String> all = Words.shuffled(random);
        List<String> common = all.subList(0, COMMON);
        String intro = "Below is a list of words. Some words come more often than others. Memorize them.\n\n";
        String question = "\n\nWhat are the " + COMMON + " most common words in the above list? The " + COMMON
                + " most common words are:";
        int room = length - tokens.applyAsInt(intro) - tokens.applyAsInt(question);
        List<String> list = new ArrayList<>();
        while (true) {
            List<String> round = new ArrayList<>();
            for (String word : common) {
                round.addAll(Collections.nCopies(RATIO, word));
            }
            round.addAll(all.subList(COMMON, all.size()));
            List<String> longer = new ArrayList<>(list);
            Collections.shuffle(round, random);
            longer.addAll(round);
            if (!list.isEmpty() && tokens.applyAsInt(numbered(longer)) > room) {
                break;
            }
            list = longer;
        }
        String prompt = intro + numbered(list) + question;
        return new RulerLike.Item(
                RulerLike.Task.COMMON_WORDS,
                length,
                seed,
                prompt,
                List.copyOf(common),
                " " + String.join(", ", common),
                24);
    }

    private static String numbered(List<String> words) {
        return String.join(
                " ",
                IntStream.range(0, words.size())
                        .mapToObj(i -> (i + 1) + ". " + words.get(i))
                        .toList());
    }

    private String hide(String intro, List<String> lines, String question, int length, Random random) {
        return hide(
                intro,
                lines,
                question,
                length,
                random,
                random.doubles(lines.size()).toArray());
    }

    private String hide(String intro, List<String> lines, String question, int length, Random random, double[] depths) {
        int used = tokens.applyAsInt(intro) + tokens.applyAsInt(question);
        for (String line : lines) {
            used += tokens.applyAsInt(" " + line);
        }
        return intro + filler.with(filler.take(length - used, random), lines, depths) + question;
    }
}

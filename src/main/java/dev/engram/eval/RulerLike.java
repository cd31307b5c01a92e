package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import tech.tablesaw.api.Table;

/**
 * Tasks in the manner of RULER (Hsieh et al. 2024, arXiv 2404.06654, section 3), generated from a seed: needles with one or
 * many keys, variable tracking, common words. An answer is scored by the share of reference strings that it contains, as there,
 * and by the likelihood of the reference answer.
 *
 * <p>Differs from the paper: the filler is data/prose, keys and words are from short English lists, prompts are for completion, and
 * sizes are cut so that a small model has a chance at 500 to 2,000 tokens (4 distractor keys, chains of 2 assignments, 3 common
 * words). Its scores are not comparable with published ones.
 */
public final class RulerLike {
    /** Kinds of task. */
    public enum Task {
        /** One key-value line in prose. */
        SINGLE_KEY,
        /** Five key-value lines in prose, one asked for. */
        MULTI_KEY,
        /** Chains of assignments in prose: all variables that hold a value. */
        VARIABLE_TRACKING,
        /** A list of words, three of which come more often. */
        COMMON_WORDS;

        /** Its name in tables. */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * One question.
     *
     * @param prompt text that ends where the answer begins
     * @param answers strings that a right answer contains
     * @param reference a right answer, whose likelihood is measured; begins with a space
     * @param most tokens that an answer may have
     */
    public record Item(
            Task task, int length, long seed, String prompt, List<String> answers, String reference, int most) {
        /** Share of the answers that a text contains, whatever their case. */
        public double score(String text) {
            String lower = text.toLowerCase(Locale.ROOT);
            long found = answers.stream()
                    .filter(a -> lower.contains(a.toLowerCase(Locale.ROOT)))
                    .count();
            return (double) found / answers.size();
        }
    }

    /**
     * How an item was answered.
     *
     * @param score share of the answers found in the greedy continuation
     * @param nll of the reference answer, mean per token, in nats
     * @param text the greedy continuation
     */
    public record Result(String policy, Item item, double score, double nll, String text) {}

    private static final int DISTRACTORS = 4;
    private static final int CHAINS = 2;
    private static final int HOPS = 2;
    private static final int COMMON = 3;
    /** A common word comes this many times as often as another. */
    private static final int RATIO = 5;

    private final Filler filler;
    private final ToIntFunction<String> tokens;

    /** @param tokens length of a text in tokens, for example {@code t -> lm.tokenizer().encode(t).length} */
    public RulerLike(Prose prose, ToIntFunction<String> tokens) {
        this.filler = new Filler(prose, tokens);
        this.tokens = tokens;
    }

    /** One item of at most {@code length} tokens. */
    public Item item(Task task, int length, long seed) {
        Random random = new Random(seed * 31 + task.ordinal());
        Item item = switch (task) {
            case SINGLE_KEY -> keys(task, 1, length, seed, random);
            case MULTI_KEY -> keys(task, 1 + DISTRACTORS, length, seed, random);
            case VARIABLE_TRACKING -> variables(length, seed, random);
            case COMMON_WORDS -> words(length, seed, random);
        };
        if (tokens.applyAsInt(item.prompt) > length) {
            throw new BadInputException(
                    "The task " + task.key() + " does not fit into " + length + " tokens; give a greater length.");
        }
        return item;
    }

    /** {@code each} items of every task and length. */
    public List<Item> items(int[] lengths, int each, long seed) {
        List<Item> items = new ArrayList<>();
        for (Task task : Task.values()) {
            for (int length : lengths) {
                for (int i = 0; i < each; i++) {
                    items.add(item(task, length, seed + i));
                }
            }
        }
        return items;
    }

    private Item keys(Task task, int n, int length, long seed, Random random) {
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
        return new Item(task, length, seed, prompt, List.of(numbers.get(0)), " " + numbers.get(0), 12);
    }

    private Item variables(int length, long seed, Random random) {
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
        return new Item(Task.VARIABLE_TRACKING, length, seed, prompt, answers, " " + String.join(", ", answers), 24);
    }

    private Item words(int length, long seed, Random random) {
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
        return new Item(
                Task.COMMON_WORDS, length, seed, prompt, List.copyOf(common), " " + String.join(", ", common), 24);
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

    /**
     * Asks one item: streams the prompt, then continues greedily.
     *
     * @param policy a fresh one; null keeps all
     */
    public static Result ask(CausalLm lm, Item item, String name, CachePolicy policy, int chunk) {
        try (Arm arm = Arm.of(lm.decoder(), policy)) {
            arm.read(lm.tokenizer().encode(item.prompt), chunk);
            double nll = arm.nll(lm.tokenizer().encode(item.reference));
            String text =
                    lm.tokenizer().decode(arm.greedy(item.most, lm.defaults().eos()));
            return new Result(name, item, item.score(text), nll, text.strip());
        }
    }

    /** Asks all items with all policies, in chunks of {@link LockStep#CHUNK}. */
    public static List<Result> run(
            CausalLm lm, List<Item> items, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        List<Result> results = new ArrayList<>();
        for (Item item : Progress.over("RULER-like items with " + policies.size() + " policies", items)) {
            policies.forEach((name, policy) -> results.add(ask(lm, item, name, policy.get(), LockStep.CHUNK)));
        }
        return results;
    }

    /** A row of {@link #table}. */
    public record Row(String policy, String task, int length, long seed, double score, double nll, String text) {}

    /** One row per result. */
    public static Table table(List<Result> results) {
        return Tables.of(
                "RULER-like tasks",
                results.stream()
                        .map(r -> new Row(
                                r.policy, r.item.task.key(), r.item.length, r.item.seed, r.score, r.nll, r.text))
                        .toList());
    }
}

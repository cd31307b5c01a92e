package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
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

    private final RulerTasks tasks;
    private final ToIntFunction<String> tokens;

    /** @param tokens length of a text in tokens, for example {@code t -> lm.tokenizer().encode(t).length} */
    public RulerLike(Prose prose, ToIntFunction<String> tokens) {
        this.tasks = new RulerTasks(new Filler(prose, tokens), tokens);
        this.tokens = tokens;
    }

    /** One item of at most {@code length} tokens. */
    public Item item(Task task, int length, long seed) {
        Random random = Words.random(seed * 31 + task.ordinal());
        Item item = switch (task) {
            case SINGLE_KEY -> tasks.keys(task, 1, length, seed, random);
            case MULTI_KEY -> tasks.keys(task, 1 + RulerTasks.DISTRACTORS, length, seed, random);
            case VARIABLE_TRACKING -> tasks.variables(length, seed, random);
            case COMMON_WORDS -> tasks.words(length, seed, random);
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

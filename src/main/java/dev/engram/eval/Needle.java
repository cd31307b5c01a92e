package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.text.Tokenizer;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import tech.tablesaw.api.Table;

/**
 * Needle in a haystack: a line such as "The code of the red harbour is 48213." at a depth of filler prose, and the question
 * at the end. The text is streamed in chunks with the policy acting after each, so the policy does not know the question
 * while it reads the needle.
 *
 * <p>Differs from Kamradt's test (2023): the value is a number, scored by exact match and by likelihood instead of by a judge,
 * and it is counted whether the needle is still in the cache.
 */
public final class Needle {
    private static final List<String> LINES = List.of(
            "The code of the %s is %s.", "Remember that the code of the %s is %s.", "Note: the code of the %s is %s.");

    private final CausalLm lm;
    private final Filler filler;
    private final int chunk;

    /**
     * One question about one text.
     *
     * @param key whose code is asked for
     * @param answer five digits
     * @param depth share of the filler before the needle
     * @param length tokens wanted of the whole prompt; it has a few fewer
     * @param prompt token ids, ending right before the answer
     * @param answerIds token ids of the answer
     * @param from index of the needle's first token in the prompt
     * @param to index after its last one
     */
    public record Item(
            String key, String answer, double depth, int length, int[] prompt, int[] answerIds, int from, int to) {}

    /**
     * How an item was answered.
     *
     * @param exact whether the greedy answer begins with the number
     * @param nll of the answer's tokens, mean, in nats
     * @param survived share of the needle's slots that the policy left, mean over layers and heads, before the answer
     * @param byLayer the same for each layer
     * @param text the greedy answer
     */
    public record Result(
            String policy, Item item, boolean exact, double nll, double survived, double[] byLayer, String text) {}

    public Needle(CausalLm lm, Prose prose) {
        this(lm, new Filler(prose, text -> lm.tokenizer().encode(text).length), LockStep.CHUNK);
    }

    private Needle(CausalLm lm, Filler filler, int chunk) {
        this.lm = lm;
        this.filler = filler;
        this.chunk = chunk;
    }

    /** Tokens a pass while reading. */
    public Needle withChunk(int tokens) {
        if (tokens < 1) {
            throw new BadInputException("The chunk has " + tokens + " tokens; give 1 or more.");
        }
        return new Needle(lm, filler, tokens);
    }

    /** One item; the same seed gives the same key, code, wording and filler at every depth. */
    public Item item(double depth, int length, long seed) {
        if (!(depth >= 0 && depth <= 1)) {
            throw new BadInputException("The needle's depth is " + depth + "; give 0 (start) to 1 (end).");
        }
        Random random = Words.random(seed);
        String key = Words.keys(1, random).get(0);
        String answer = Words.numbers(1, random).get(0);
        Tokenizer tokenizer = lm.tokenizer();
        int[] needle = tokenizer.encode(" " + String.format(Words.one(LINES, random), key, answer));
        int[] question = tokenizer.encode(
                "\n\nQuestion: What is the code of the " + key + "?\nAnswer: The code of the " + key + " is");
        int[] answerIds = tokenizer.encode(" " + answer);
        int room = length - needle.length - question.length;
        if (room < needle.length || length + answerIds.length > lm.config().contextLength()) {
            throw new BadInputException(
                    "A prompt of " + length + " tokens is too short for needle and question or longer"
                            + " than the model's context of " + lm.config().contextLength() + "; give another length.");
        }
        List<String> sentences = filler.take(room, random);
        int place = filler.at(sentences, depth);
        int[] before = tokenizer.encode(String.join("", sentences.subList(0, place)));
        int[] after = tokenizer.encode(String.join("", sentences.subList(place, sentences.size())));
        return new Item(
                key,
                answer,
                depth,
                length,
                join(before, needle, after, question),
                answerIds,
                before.length,
                before.length + needle.length);
    }

    /** {@code perCell} items for each depth and length, the same keys and texts in every cell. */
    public List<Item> items(double[] depths, int[] lengths, int perCell, long seed) {
        List<Item> items = new ArrayList<>();
        for (int length : lengths) {
            for (double depth : depths) {
                for (int i = 0; i < perCell; i++) {
                    items.add(item(depth, length, seed + i));
                }
            }
        }
        return items;
    }

    /** Asks one item. @param policy a fresh one; null keeps all */
    public Result ask(Item item, String name, CachePolicy policy) {
        try (Arm arm = Arm.of(lm.decoder(), policy)) {
            arm.read(item.prompt, chunk);
            double[] byLayer = arm.survived(item.from, item.to);
            double nll = arm.nll(item.answerIds);
            int[] ids = arm.greedy(item.answerIds.length + 1, lm.defaults().eos());
            String text = lm.tokenizer().decode(ids).strip();
            return new Result(name, item, text.startsWith(item.answer), nll, Score.mean(byLayer), byLayer, text);
        }
    }

    /** Asks all items with all policies. */
    public List<Result> run(List<Item> items, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        List<Result> results = new ArrayList<>();
        for (Item item : Progress.over("Needles with " + policies.size() + " policies", items)) {
            policies.forEach((name, policy) -> results.add(ask(item, name, policy.get())));
        }
        return results;
    }

    /** A row of {@link #table}. */
    public record Row(
            String policy, int length, double depth, boolean exact, double nll, double survived, String text) {}

    /** One row per result. */
    public static Table table(List<Result> results) {
        return Tables.of(
                "Needles",
                results.stream()
                        .map(r -> new Row(r.policy, r.item.length, r.item.depth, r.exact, r.nll, r.survived, r.text))
                        .toList());
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}

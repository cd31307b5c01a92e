package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.text.Message;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import tech.tablesaw.api.Table;

/**
 * Instruction amnesia: a system message tells how to answer, a long text follows, then a question. Measured is how much likelier
 * the answer that obeys is than the one that does not, in nats per token. The same item without the instruction gives the
 * floor: what it is above that floor is the instruction's doing. That eviction makes models forget what stands first was
 * reported for system prompts (arXiv 2510.00231).
 */
public final class InstructionRetention {
    /** What is demanded. */
    public enum Kind {
        BEGIN_WITH,
        CAPITALS
    }

    /**
     * One probe.
     *
     * @param prompt chat text up to the answer
     * @param from index of the instruction's first token; equal to {@code to} without an instruction
     * @param to index after its last one
     * @param obeying continuation that follows the instruction
     * @param ignoring continuation that does not
     */
    public record Item(
            Kind kind, int length, long seed, int[] prompt, int from, int to, String obeying, String ignoring) {}

    /**
     * What a probe gave.
     *
     * @param obeying negative log-likelihood of the continuation that obeys, mean per token, in nats
     * @param ignoring the same of the other one
     * @param survived share of the instruction's slots still in the cache, mean over layers and heads; NaN without one
     */
    public record Result(String policy, Item item, double obeying, double ignoring, double survived) {
        /** By how much the obeying answer is likelier, in nats per token. */
        public double margin() {
            return ignoring - obeying;
        }

        public boolean obeys() {
            return margin() > 0;
        }
    }

    private static final String PLAIN = "You are a helpful assistant.";
    private static final List<String> OPENINGS =
            List.of("Certainly", "Indeed", "Harbour", "Friend", "Listen", "Captain", "Hello", "Attention");
    /** Question and plain answer. */
    private static final List<String[]> QUESTIONS = List.of(
            new String[] {"What is the capital of France?", "The capital of France is Paris."},
            new String[] {"Which animal barks?", "The dog is the animal that barks."},
            new String[] {"What colour is the sky on a clear day?", "The sky is blue on a clear day."},
            new String[] {"How many days are in a week?", "There are seven days in a week."},
            new String[] {"What do bees make?", "Bees make honey."},
            new String[] {"What is frozen water called?", "Frozen water is called ice."});

    private final CausalLm lm;
    private final Filler filler;

    public InstructionRetention(CausalLm lm, Prose prose) {
        this.lm = lm;
        this.filler = new Filler(prose, text -> lm.tokenizer().encode(text).length);
    }

    /**
     * One probe; the same seed gives the same text and question with and without the instruction.
     *
     * @param length tokens wanted of the whole prompt; it has a few fewer
     * @param instructed whether the instruction is there, or a plain system message in its place
     */
    public Item item(Kind kind, int length, long seed, boolean instructed) {
        Random random = Words.random(seed);
        String word = Words.one(OPENINGS, random);
        String[] question = Words.one(QUESTIONS, random);
        String instruction = kind == Kind.CAPITALS
                ? "Write every answer in capital letters only."
                : "Begin every answer with the word \"" + word + "\".";
        String system = instructed ? instruction : PLAIN;
        int frame = encode(render(system, "", question[0])).length;
        if (length < frame + 16 || length > lm.config().contextLength()) {
            throw new BadInputException("A prompt of " + length + " tokens is shorter than its frame of " + frame
                    + " or longer than the model's context of " + lm.config().contextLength()
                    + "; give another length.");
        }
        String text = String.join("", filler.take(length - frame, random)).strip();
        String prompt = render(system, text, question[0]);
        int at = prompt.indexOf(system);
        int from = encode(prompt.substring(0, at)).length;
        int to = instructed ? encode(prompt.substring(0, at + system.length())).length : from;
        String obeying = kind == Kind.CAPITALS ? question[1].toUpperCase(Locale.ROOT) : word;
        String ignoring = kind == Kind.CAPITALS ? question[1] : question[1].split(" ")[0];
        return new Item(kind, length, seed, encode(prompt), from, to, obeying, ignoring);
    }

    /** Probes of both kinds, {@code each} per length. */
    public List<Item> items(int[] lengths, int each, long seed, boolean instructed) {
        List<Item> items = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            for (int length : lengths) {
                for (int i = 0; i < each; i++) {
                    items.add(item(kind, length, seed + i, instructed));
                }
            }
        }
        return items;
    }

    private String render(String system, String text, String question) {
        return lm.prompt(List.of(
                Message.system(system), Message.user("Here is a text.\n\n" + text + "\n\nNow answer: " + question)));
    }

    private int[] encode(String text) {
        return lm.tokenizer().encode(text);
    }

    /** Measures one probe. @param policy a fresh one; null keeps all */
    public Result ask(Item item, String name, CachePolicy policy) {
        try (Arm arm = Arm.of(lm.decoder(), policy)) {
            arm.read(item.prompt, LockStep.CHUNK);
            double survived = item.to == item.from ? Double.NaN : Score.mean(arm.survived(item.from, item.to));
            return new Result(name, item, arm.nll(encode(item.obeying)), arm.nll(encode(item.ignoring)), survived);
        }
    }

    /** Measures all probes with all policies. */
    public List<Result> run(List<Item> items, Map<String, ? extends Supplier<? extends CachePolicy>> policies) {
        List<Result> results = new ArrayList<>();
        for (Item item : Progress.over("Instructions with " + policies.size() + " policies", items)) {
            policies.forEach((name, policy) -> results.add(ask(item, name, policy.get())));
        }
        return results;
    }

    /** A row of {@link #table}. */
    public record Row(
            String policy,
            String kind,
            int length,
            long seed,
            boolean instructed,
            double obeying,
            double ignoring,
            double margin,
            double survived) {}

    /** One row per result. */
    public static Table table(List<Result> results) {
        return Tables.of(
                "Instruction retention",
                results.stream()
                        .map(r -> new Row(
                                r.policy,
                                r.item.kind.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                                r.item.length,
                                r.item.seed,
                                r.item.to > r.item.from,
                                r.obeying,
                                r.ignoring,
                                r.margin(),
                                r.survived))
                        .toList());
    }
}

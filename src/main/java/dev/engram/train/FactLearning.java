package dev.engram.train;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.eval.Perplexity;
import dev.engram.eval.Prose;
import dev.engram.eval.Question;
import dev.engram.eval.Questions;
import dev.engram.eval.Questions.Result;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Tables;
import dev.engram.world.Fact;
import dev.engram.world.Passage;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tech.tablesaw.api.Table;

/**
 * What it costs to put facts into the weights: LoRA learns invented facts as answers to questions, and is then asked in the trained
 * wordings, in held-out ones of other syntax, and about a passage in front of it; and ordinary text is scored before and after. Every
 * question of a wording and every window is the same for all arms.
 *
 * <pre>{@code
 * FactLearning learning = new FactLearning(lm, World.load(), prose, 60, 7);
 * List<FactLearning.Outcome> arms = List.of(
 *         learning.base("base"),
 *         learning.learn("SFT", SftConfig.of(100).withRehearsal(null)),
 *         learning.learn("SFT, rehearsed", SftConfig.of(100)));
 * display(FactLearning.table(arms));
 * }</pre>
 */
public final class FactLearning {
    private static final int READINGS = 40;
    private static final int WINDOWS = 6;
    private static final int WINDOW = 512;
    /** Tokens of an answer without a book: longer than any value, and short enough to end a model that goes on and on. */
    private static final int VALUE = 16;

    private final CausalLm lm;
    private final List<Fact> facts;
    private final List<Question> trained = new ArrayList<>();
    private final List<Question> heldout = new ArrayList<>();
    private final List<Question> reading = new ArrayList<>();
    private final List<int[]> windows;

    /**
     * What one arm gave.
     *
     * @param trained answers in trained wordings
     * @param heldout in held-out wordings
     * @param reading from passages on facts that were never trained
     * @param ordinary text
     * @param history of the training, or null
     */
    public record Outcome(
            String arm,
            List<Result> trained,
            List<Result> heldout,
            List<Result> reading,
            Perplexity ordinary,
            History history) {}

    /**
     * Chooses facts and questions.
     *
     * @param count facts, all of different entities while there are enough, from the world's train split
     * @param seed of the choice
     */
    public FactLearning(CausalLm lm, World world, Prose prose, int count, long seed) {
        this.lm = lm;
        this.facts = choose(world.facts("train"), count, seed);
        for (Fact fact : facts) {
            fact.trainQuestions().forEach(q -> trained.add(Question.closedBook(fact.entity(), q, fact.value())));
            fact.heldoutQuestions().forEach(q -> heldout.add(Question.closedBook(fact.entity(), q, fact.value())));
        }
        Map<String, Passage> passages = new LinkedHashMap<>();
        world.passages().forEach(p -> p.facts().forEach(id -> passages.put(id, p)));
        List<Fact> told = world.facts("heldout").stream()
                .filter(f -> passages.containsKey(f.id()))
                .toList();
        for (Fact fact : choose(told, Math.min(READINGS, told.size()), seed)) {
            reading.add(Question.reading(
                    fact.entity(),
                    passages.get(fact.id()).text(),
                    fact.trainQuestions().get(0),
                    fact.value()));
        }
        this.windows =
                prose.windows(lm.tokenizer(), Math.min(WINDOW, lm.config().contextLength()), WINDOWS);
    }

    private static List<Fact> choose(List<Fact> all, int count, long seed) {
        if (count < 1 || count > all.size()) {
            throw new BadInputException(count + " facts are to be learned; the world has 1 to " + all.size()
                    + " for that, so choose a number between.");
        }
        List<Fact> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(seed));
        Map<String, Integer> seen = new LinkedHashMap<>();
        Map<Fact, Integer> turn = new LinkedHashMap<>();
        shuffled.forEach(f -> turn.put(f, seen.merge(f.entity(), 1, Integer::sum)));
        // the first fact of every entity, then the second of every entity, and so on
        return shuffled.stream()
                .sorted((a, b) -> turn.get(a) - turn.get(b))
                .limit(count)
                .toList();
    }

    public List<Fact> facts() {
        return facts;
    }

    /** The questions in trained wordings with their answers, as they are learned. */
    public List<Example> examples(Labels labels) {
        return trained.stream()
                .map(q -> labels.answer(q.messages().get(0).content(), q.gold()))
                .toList();
    }

    /** The model as it is. */
    public Outcome base(String arm) {
        return measure(arm, null);
    }

    /** Share of exact answers in trained wordings as the model is now: all that a quick look needs. */
    public double trainedExact() {
        return Questions.summary(new Questions(lm, 16, VALUE).ask("trained wordings", trained))
                .exact();
    }

    /** Learns the facts, measures, and leaves the model as it was. */
    public Outcome learn(String arm, SftConfig config) {
        try (Sft sft = new Sft(lm, config, DType.AUTO)) {
            History history = sft.train(examples(sft.labels()));
            return measure(arm, history);
        }
    }

    private Outcome measure(String arm, History history) {
        Questions brief = new Questions(lm, 16, VALUE);
        return new Outcome(
                arm,
                brief.ask(arm + ", trained wordings", trained),
                brief.ask(arm + ", held-out wordings", heldout),
                new Questions(lm).ask(arm + ", reading", reading),
                Perplexity.of(lm, windows),
                history);
    }

    /**
     * One line of {@link #table}: shares of right answers, perplexity of ordinary text, and the training's seconds.
     *
     * @param trained exact match in trained wordings
     * @param heldout exact match in held-out wordings
     * @param heldout_low end of its 95 % interval over entities
     * @param heldout_high the other end
     * @param reading answers from a passage that hold the value
     * @param reading_change its difference to the first arm's, over entities; low and high are the ends of its 95 % interval
     * @param reading_exact those that are the value and nothing else
     * @param relative perplexity over the first arm's
     */
    public record Row(
            String arm,
            double trained,
            double heldout,
            double heldout_low,
            double heldout_high,
            double reading,
            double reading_change,
            double reading_change_low,
            double reading_change_high,
            double reading_exact,
            double perplexity,
            double relative,
            int steps,
            double seconds) {}

    /** Compares the arms; the first is the one that perplexity is related to. */
    public static Table table(List<Outcome> arms) {
        return Tables.of(
                "Facts in the weights",
                arms.stream().map(o -> row(o, arms.get(0))).toList());
    }

    static Row row(Outcome o, Outcome first) {
        Bootstrap bootstrap = Bootstrap.seeded(7);
        Interval heldout = Questions.interval(o.heldout, Result::exactness, bootstrap);
        Interval change = Questions.difference(o.reading, first.reading, Result::containment, bootstrap);
        return new Row(
                o.arm,
                Questions.summary(o.trained).exact(),
                Questions.summary(o.heldout).exact(),
                heldout.low(),
                heldout.high(),
                Questions.summary(o.reading).contains(),
                change.mean(),
                change.low(),
                change.high(),
                Questions.summary(o.reading).exact(),
                o.ordinary.value(),
                o.ordinary.relativeTo(first.ordinary),
                o.history == null ? 0 : o.history.entries().size(),
                o.history == null ? 0 : o.history.seconds());
    }

    /** Every answer of every arm, for rows.csv. */
    public static Table answers(List<Outcome> arms) {
        record Answer(
                String arm, String entity, String question, String gold, String answer, boolean exact, double nll) {}
        return Tables.of(
                "answers",
                arms.stream()
                        .flatMap(o -> Arrays.asList(o.trained, o.heldout, o.reading).stream())
                        .flatMap(List::stream)
                        .map(r -> new Answer(
                                r.arm(),
                                r.question().unit(),
                                r.question()
                                        .messages()
                                        .get(r.question().messages().size() - 1)
                                        .content(),
                                r.question().gold(),
                                r.answer(),
                                r.exact(),
                                r.nll()))
                        .toList());
    }
}

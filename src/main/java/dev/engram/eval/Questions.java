package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import tech.tablesaw.api.Table;

/**
 * Asks a model many questions, several at once, and scores its greedy answers.
 *
 * <pre>{@code
 * List<Questions.Result> before = new Questions(lm).ask("base", questions);
 * display(Questions.table(List.of(before, after)));
 * Interval gain = Questions.difference(after, before, Questions.Result::exactness, Bootstrap.seeded(7));
 * }</pre>
 */
public final class Questions {
    private final CausalLm lm;
    private final int batch;
    private final int newTokens;

    /**
     * An answer and its scores.
     *
     * @param arm which model
     * @param answer its greedy answer, without special tokens
     * @param exact exact match after normalisation
     * @param contains whether the right answer occurs in it
     * @param f1 over words
     * @param nll of the right answer's tokens and the token that ends the turn, mean, in nats
     */
    public record Result(
            String arm, Question question, String answer, boolean exact, boolean contains, double f1, double nll) {
        /** 1 or 0, for means. */
        public double exactness() {
            return exact ? 1 : 0;
        }

        /** 1 or 0, for means. */
        public double containment() {
            return contains ? 1 : 0;
        }
    }

    /** 16 questions at once, answers of up to 24 tokens. */
    public Questions(CausalLm lm) {
        this(lm, 16, 24);
    }

    public Questions(CausalLm lm, int batch, int newTokens) {
        if (batch < 1 || newTokens < 1) {
            throw new BadInputException(
                    batch + " questions at once with answers of " + newTokens + " tokens; both must be at least 1.");
        }
        this.lm = lm;
        this.batch = batch;
        this.newTokens = newTokens;
    }

    /** Asks everything; results stand in the questions' order. */
    public List<Result> ask(String arm, List<Question> questions) {
        List<int[]> prompts = questions.stream()
                .map(q -> lm.tokenizer().encode(lm.prompt(q.messages())))
                .toList();
        // questions of like length share a batch, so that little is padded
        List<Integer> order = IntStream.range(0, questions.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> prompts.get(i).length))
                .toList();
        Result[] results = new Result[questions.size()];
        try (Progress progress = Progress.start("Questions to " + arm, questions.size())) {
            for (int at = 0; at < order.size(); at += batch) {
                List<Integer> part = order.subList(at, Math.min(order.size(), at + batch));
                List<int[]> own = part.stream().map(prompts::get).toList();
                List<int[]> answers = lm.generateBatch(own, newTokens);
                List<double[]> scores = lm.score(
                        own, part.stream().map(i -> gold(questions.get(i))).toList());
                for (int p = 0; p < part.size(); p++) {
                    results[part.get(p)] = result(arm, questions.get(part.get(p)), answers.get(p), scores.get(p));
                }
                progress.step(part.size());
            }
        }
        return List.of(results);
    }

    /** The right answer with the token that ends a turn. */
    private int[] gold(Question question) {
        int[] ids = lm.tokenizer().encode(question.gold());
        if (!lm.defaults().eos().isEmpty()) {
            ids = Arrays.copyOf(ids, ids.length + 1);
            ids[ids.length - 1] = lm.defaults().eos().iterator().next();
        }
        return ids;
    }

    private Result result(String arm, Question question, int[] ids, double[] logprobs) {
        String answer = lm.tokenizer().decode(ids, true).strip();
        return new Result(
                arm,
                question,
                answer,
                Answers.exact(answer, question.gold()),
                Answers.contains(answer, question.gold()),
                Answers.f1(answer, question.gold()),
                -Score.mean(logprobs));
    }

    /** Mean of a score per unit, in the order in which units first occur: units for a paired bootstrap over entities. */
    public static double[] byUnit(List<Result> results, ToDoubleFunction<Result> score) {
        return Bootstrap.byUnit(results, r -> r.question().unit(), score);
    }

    /** Mean over units, with an interval over units. */
    public static Interval interval(List<Result> results, ToDoubleFunction<Result> score, Bootstrap bootstrap) {
        return bootstrap.mean(byUnit(results, score));
    }

    /** Mean over units of the difference {@code a − b}, paired by unit; both answered the same questions. */
    public static Interval difference(
            List<Result> a, List<Result> b, ToDoubleFunction<Result> score, Bootstrap bootstrap) {
        if (!a.stream()
                .map(Result::question)
                .toList()
                .equals(b.stream().map(Result::question).toList())) {
            throw new BadInputException(
                    "The two lists of results answer different questions; ask both models the same ones, in one order.");
        }
        return bootstrap.difference(byUnit(a, score), byUnit(b, score));
    }

    /** A line of {@link #table}. */
    public record Summary(String arm, int questions, double exact, double contains, double f1, double nll) {}

    /** Means over all questions. */
    public static Summary summary(List<Result> results) {
        return new Summary(
                results.get(0).arm(),
                results.size(),
                mean(results, Result::exactness),
                mean(results, Result::containment),
                mean(results, Result::f1),
                mean(results, Result::nll));
    }

    /** One line per list of results. */
    public static Table table(List<List<Result>> arms) {
        return Tables.of("Questions", arms.stream().map(Questions::summary).toList());
    }

    private static double mean(List<Result> results, ToDoubleFunction<Result> score) {
        return results.stream().mapToDouble(score).average().orElse(Double.NaN);
    }
}

package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.text.Message;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Multiple-choice questions by log-likelihood, as in the LM Evaluation Harness: each option is scored as the answer, and the
 * likeliest is the model's choice. Summed log-probabilities favour short options; divided by the number of tokens they do not.
 *
 * <p>Differs from the harness in the divisor: tokens, not bytes.
 */
public final class MultipleChoice {
    /**
     * A question.
     *
     * @param unit entity that it is about
     * @param messages the conversation that ends with the question
     * @param options possible answers
     * @param right index of the right one
     */
    public record Item(String unit, List<Message> messages, List<String> options, int right) {
        public Item {
            messages = List.copyOf(messages);
            options = List.copyOf(options);
            if (options.size() < 2 || right < 0 || right >= options.size()) {
                throw new BadInputException("A question has " + options.size() + " options, of which number " + right
                        + " is right; give at least 2, and the right one from 0.");
            }
        }
    }

    /**
     * How an item was answered.
     *
     * @param sums log-probability of each option, summed over its tokens
     * @param means the same per token
     */
    public record Result(Item item, double[] sums, double[] means) {
        /** Whether the right option has the largest sum. */
        public boolean bySum() {
            return Ranking.rank(sums, item.right) == 1;
        }

        /** Whether the right option has the largest mean. */
        public boolean byMean() {
            return Ranking.rank(means, item.right) == 1;
        }

        /** Log-probability that a model restricted to the options gives the right one, in nats. */
        public double margin() {
            double most = Arrays.stream(sums).max().orElseThrow();
            return sums[item.right]
                    - most
                    - Math.log(Arrays.stream(sums).map(s -> Math.exp(s - most)).sum());
        }
    }

    private MultipleChoice() {}

    /** Answers all items; the options of an item are scored at once. */
    public static List<Result> ask(CausalLm lm, List<Item> items) {
        List<Result> results = new ArrayList<>();
        for (Item item : Progress.over("Multiple choice", items)) {
            int[] prompt = lm.tokenizer().encode(lm.prompt(item.messages));
            List<int[]> prompts = item.options.stream().map(o -> prompt).toList();
            List<double[]> scores = lm.score(
                    prompts,
                    item.options.stream().map(o -> lm.tokenizer().encode(o)).toList());
            results.add(new Result(
                    item,
                    scores.stream().mapToDouble(s -> Arrays.stream(s).sum()).toArray(),
                    scores.stream().mapToDouble(Score::mean).toArray()));
        }
        return results;
    }

    /** Share of right choices. */
    public static double accuracy(List<Result> results, boolean lengthNormalised) {
        return results.stream()
                .mapToDouble(r -> (lengthNormalised ? r.byMean() : r.bySum()) ? 1 : 0)
                .average()
                .orElse(Double.NaN);
    }
}

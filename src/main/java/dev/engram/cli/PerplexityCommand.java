package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code perplexity}: how well a model predicts a text. */
@Command(
        name = "perplexity",
        description = "Scores a text: the mean negative log-likelihood of its tokens 2 to n, and its exponential.",
        sortOptions = false)
final class PerplexityCommand implements Callable<Integer> {
    @ParentCommand
    private Engram engram;

    @Option(names = "--file", paramLabel = "F", required = true, description = "The text; - reads standard input.")
    private String file;

    @Option(names = "--max_tokens", paramLabel = "N", description = "Score only the first N tokens.")
    private Integer maxTokens;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON object, with every token's id and log-probability.")
    private boolean json;

    @Option(names = "--verbose", description = "Show where an unexpected fault happened.")
    private boolean verbose;

    @Override
    public Integer call() {
        if (maxTokens != null && maxTokens < 2) {
            throw new BadInputException("--max_tokens is " + maxTokens
                    + "; it must be at least 2, since the first token is not predicted.");
        }
        model.load();
        Streams streams = engram.streams();
        String text = new TextInput(streams).file(file);
        try (CausalLm lm = model.open(streams)) {
            int[] ids = lm.tokenizer().encode(text);
            if (maxTokens != null && ids.length > maxTokens) {
                ids = Arrays.copyOf(ids, maxTokens);
            }
            double[] logprobs = lm.logprobs(ids);
            double nll = -Arrays.stream(logprobs).average().orElseThrow();
            if (!Double.isFinite(nll)) {
                throw new BadInputException("The model '" + model.model() + "' gives " + nll
                        + " as mean NLL, so its weights are damaged or overflow in " + lm.dtype()
                        + "; get an intact copy or try --dtype f32.");
            }
            if (json) {
                printJson(streams, lm, ids, logprobs, nll);
            } else {
                streams.out().printf(Locale.ROOT, "tokens      %d%n", ids.length);
                streams.out().printf(Locale.ROOT, "mean NLL    %.6f nats per token%n", nll);
                streams.out().printf(Locale.ROOT, "perplexity  %.4f%n", Math.exp(nll));
            }
        }
        return 0;
    }

    private void printJson(Streams streams, CausalLm lm, int[] ids, double[] logprobs, double nll) {
        new JsonOutput()
                .add("tokens", ids.length)
                .add("mean_nll", nll)
                .add("perplexity", Math.exp(nll))
                .add("model", model.model())
                .add("dtype", lm.dtype())
                .add("device", lm.device())
                .add("token_ids", ids)
                .add("logprobs", logprobs)
                .print(streams);
    }
}

package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.Generation.Finish;
import dev.engram.model.GenerationConfig;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.engine.Torch;
import dev.engram.model.text.Message;
import dev.engram.report.Format;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code generate}: continues a prompt or answers it. */
@Command(name = "generate", description = "Answers a prompt, or continues it with --raw.", sortOptions = false)
final class GenerateCommand implements Callable<Integer> {
    private static final String BASELINE = "baseline";
    private static final String MEMORY_ENHANCED = "memory_enhanced";

    @ParentCommand
    private Engram engram;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = BASELINE,
            description = "baseline or memory_enhanced (default: ${DEFAULT-VALUE}).")
    private String mode;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "The text; - or none reads it from standard input.")
    private String prompt;

    @Option(
            names = "--max_tokens",
            paramLabel = "N",
            defaultValue = "50",
            description = "Generate at most N tokens (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--force_exact_length",
            description = "Generate exactly --max_tokens tokens, past the end-of-text token.")
    private boolean forceExactLength;

    @Option(names = "--system", paramLabel = "TEXT", description = "System message of the chat template.")
    private String system;

    @Option(names = "--raw", description = "Continue the text as it is, without the chat template.")
    private boolean raw;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON object instead of the text.")
    private boolean json;

    @Option(names = "--verbose", description = "Say where time and memory went.")
    private boolean verbose;

    @Override
    public Integer call() {
        requireBaseline();
        Streams streams = engram.streams();
        GenerationConfig config = sampling.config(maxTokens).withForceExactLength(forceExactLength);
        model.load();
        String text = promptText(streams);
        sampling.remark(streams.err());
        try (CausalLm lm = model.open(streams);
                KvCache cache = lm.decoder().newCache()) {
            int[] ids = lm.tokenizer().encode(raw ? text : lm.prompt(messages(text)));
            GenerationConfig limited = within(lm, ids.length, config);
            GenerationOutput output = new GenerationOutput(streams, !json);
            Generation result = lm.generate(ids, cache, limited, Seams.none(), null, output);
            output.end();
            if (json) {
                printJson(streams, lm, result);
            }
            summarise(streams.err(), lm, cache, result, limited.maxNewTokens() < maxTokens);
            return output.interrupted() ? Interrupt.EXIT_CODE : 0;
        }
    }

    private void requireBaseline() {
        if (mode.equals(MEMORY_ENHANCED)) {
            throw new BadInputException("--mode memory_enhanced arrives with notebook 02 and is not available yet;"
                    + " use --mode baseline.");
        }
        if (!mode.equals(BASELINE)) {
            throw new BadInputException(
                    "--mode is '" + mode + "'; it must be " + BASELINE + " or " + MEMORY_ENHANCED + ".");
        }
    }

    private String promptText(Streams streams) {
        if (raw && system != null) {
            throw new BadInputException(
                    "--system is part of the chat template, which --raw leaves out; drop one of the two.");
        }
        String text = new TextInput(streams).textOrInput("--prompt", prompt);
        if (raw ? text.isEmpty() : text.isBlank()) {
            throw new BadInputException("The prompt is empty; give some text with --prompt.");
        }
        return text;
    }

    private List<Message> messages(String text) {
        List<Message> messages = new ArrayList<>();
        if (system != null) {
            messages.add(Message.system(system));
        }
        messages.add(Message.user(text));
        return messages;
    }

    /** Limits the length to the model's context; the last token is chosen but never fed, so it needs no room. */
    private GenerationConfig within(CausalLm lm, int promptTokens, GenerationConfig config) {
        int room = lm.config().contextLength() - promptTokens + 1;
        if (room < 1 || maxTokens <= room) {
            return config; // a prompt longer than the context is refused by the model
        }
        if (forceExactLength) {
            throw new BadInputException("--max_tokens is " + maxTokens + ", but after the prompt's " + promptTokens
                    + " tokens the model's context has room for " + room
                    + "; lower it or drop --force_exact_length.");
        }
        return sampling.config(room);
    }

    private void printJson(Streams streams, CausalLm lm, Generation result) {
        new JsonOutput()
                .add("generated_text", result.text())
                .add("full_text", result.promptText() + result.text())
                .add("num_tokens", result.numTokens())
                .add("prompt_tokens", result.promptTokens())
                .add("generation_time", result.seconds())
                .add("prefill_time", result.prefillSeconds())
                .add("tokens_per_second", result.tokensPerSecond())
                .add("generation_mode", mode)
                .add("model", model.model())
                .add("dtype", lm.dtype())
                .add("device", lm.device())
                .print(streams);
    }

    private void summarise(PrintStream err, CausalLm lm, KvCache cache, Generation result, boolean contextLimit) {
        err.printf(
                Locale.ROOT,
                "%s in %s, %.1f tokens/s (prompt of %d tokens included); %s on %s%n",
                result.numTokens() == 1 ? "1 token" : result.numTokens() + " tokens",
                Format.seconds(result.seconds()),
                result.tokensPerSecond(),
                result.promptTokens(),
                lm.dtype(),
                lm.device());
        if (contextLimit && result.finish() == Finish.LENGTH) {
            err.println("The text ended because the model's context of "
                    + lm.config().contextLength() + " tokens is full.");
        }
        if (verbose) {
            details(err, lm, cache, result);
        }
    }

    private static void details(PrintStream err, CausalLm lm, KvCache cache, Generation result) {
        row(err, "prefill", "%s, %.1f tokens/s", Format.seconds(result.prefillSeconds()), prefillSpeed(result));
        if (result.numTokens() > 1) {
            row(
                    err,
                    "decode",
                    "%s, %.1f tokens/s after the first token",
                    Format.seconds(result.decodeSeconds()),
                    result.decodeTokensPerSecond());
        }
        row(err, "ended by", "%s", result.finish().name().toLowerCase(Locale.ROOT));
        row(err, "kernels", "%s", lm.format());
        row(err, "weights", "%s", Format.bytes(lm.decoder().backend().weightBytes()));
        row(err, "threads", "%d", Torch.threads());
        row(
                err,
                "cache",
                "%s held, %s used by %d tokens",
                Format.bytes(cache.bytesHeld()),
                Format.bytes(cache.bytesUsed()),
                cache.tokensSeen());
        row(err, "model", "%s", lm.origin());
    }

    private static double prefillSpeed(Generation result) {
        return result.promptTokens() / Math.max(result.prefillSeconds(), 1e-9);
    }

    private static void row(PrintStream err, String name, String format, Object... values) {
        err.printf(Locale.ROOT, "  %-9s %s%n", name, String.format(Locale.ROOT, format, values));
    }
}

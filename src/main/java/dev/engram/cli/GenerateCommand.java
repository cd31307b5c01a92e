package dev.engram.cli;

import dev.engram.forget.EbbinghausLlm;
import dev.engram.forget.ForgettingResult;
import dev.engram.forget.GenerationMode;
import dev.engram.forget.MemoryEnhanced;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.text.Message;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code generate}: continues a prompt or answers it, with a full cache or with one that forgets. */
@Command(name = "generate", description = "Answers a prompt, or continues it with --raw.", sortOptions = false)
final class GenerateCommand implements Callable<Integer> {
    /** Stands in for a prompt in the seed's commands that have none. */
    private static final String EXAMPLE = "Please explain what artificial intelligence is.";

    @ParentCommand
    private Engram engram;

    @Option(names = "--mode", paramLabel = "MODE", description = "baseline or memory_enhanced (default: baseline).")
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

    @Option(names = "--compare", description = "Run both modes on the prompt in turn and compare them.")
    private boolean compare;

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

    @Option(names = "--verbose", description = "Say where time and memory went, and what was forgotten.")
    private boolean verbose;

    @Option(names = "--return_attention_weights", description = "Say where each layer looked.")
    private boolean attention;

    @Mixin
    private MemoryOptions memory;

    @Override
    public Integer call() {
        Streams streams = engram.streams();
        if (memory.wantsList()) {
            streams.out().print(Tables.text(MemoryOptions.list()));
            return 0;
        }
        GenerationConfig config = sampling.config(maxTokens).withForceExactLength(forceExactLength);
        MemoryEnhanced forgetting = forgetting();
        model.load();
        String text = promptText(streams, forgetting != null);
        sampling.remark(streams.err());
        try (CausalLm lm = model.open(streams)) {
            EbbinghausLlm llm = new EbbinghausLlm(lm);
            int[] ids = lm.tokenizer().encode(raw ? text : lm.prompt(messages(text)));
            GenerationReport report = new GenerationReport(streams, lm, model.model(), forgetting);
            if (compare) {
                GenerationConfig limited = within(lm, ids.length, config);
                return new ModeComparison(llm, ids, limited, forgetting).run(streams, report, json, verbose);
            }
            GenerationConfig limited =
                    forgetting != null && forgetting.eviction().rebase() ? config : within(lm, ids.length, config);
            GenerationOutput output = new GenerationOutput(streams, !json);
            boolean watch = attention || verbose && forgetting != null;
            ForgettingResult result = llm.generate(ids, limited, forgetting, watch, output);
            output.end();
            if (json) {
                report.printJson(result, attention, verbose);
            }
            report.summarise(result, limited.maxNewTokens() < maxTokens);
            if (verbose) {
                report.details(result);
            }
            if (watch && !json) {
                report.attention(result);
            }
            return output.interrupted() ? Interrupt.EXIT_CODE : 0;
        }
    }

    /** How to forget; null for the full cache alone. Flags that contradict each other are refused. */
    private MemoryEnhanced forgetting() {
        GenerationMode chosen = mode == null ? GenerationMode.BASELINE : GenerationMode.of(mode);
        if (compare && mode != null) {
            throw new BadInputException("--compare runs both modes, but --mode is " + mode + "; drop one of the two.");
        }
        if (compare && attention) {
            throw new BadInputException(
                    "--return_attention_weights costs time, which --compare measures;" + " drop one of the two.");
        }
        if (!compare && chosen == GenerationMode.BASELINE) {
            memory.requireNone();
            return null;
        }
        return memory.settings();
    }

    private String promptText(Streams streams, boolean forgets) {
        if (raw && system != null) {
            throw new BadInputException(
                    "--system is part of the chat template, which --raw leaves out; drop one of the two.");
        }
        boolean none = prompt == null && streams.fromTerminal();
        if (none && forgets) {
            streams.err().println("Prompt: " + EXAMPLE);
        }
        String text = none && forgets ? EXAMPLE : new TextInput(streams).textOrInput("--prompt", prompt);
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
}

package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.report.Format;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code chat}: a conversation, one message a line. Only answers go to standard output. */
@Command(
        name = "chat",
        description = "Talks to the model, one message a line; /help lists what else can be typed.",
        sortOptions = false)
final class ChatCommand implements Callable<Integer> {
    private static final String HELP = """
            /reset         forget the conversation
            /system TEXT   start a new conversation with this system message; without text, show it
            /quit          end (so does Ctrl-D)
            Ctrl-C         stop the answer; at the prompt, end""";

    @ParentCommand
    private Engram engram;

    @Option(names = "--system", paramLabel = "TEXT", description = "System message of the chat template.")
    private String system;

    @Option(
            names = "--max_tokens",
            paramLabel = "N",
            defaultValue = "512",
            description = "At most N tokens an answer (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private ModelOptions model;

    @Option(names = "--verbose", description = "After each answer, say where time and memory went.")
    private boolean verbose;

    @Override
    public Integer call() {
        Streams streams = engram.streams();
        sampling.config(maxTokens); // refuses wrong values before the model is opened
        model.load();
        sampling.remark(streams.err());
        try (CausalLm lm = model.open(streams);
                Conversation conversation = new Conversation(lm, sampling::config)) {
            if (streams.fromTerminal()) {
                streams.err()
                        .println("Talking to '" + model.model() + "' (" + lm.dtype() + " on " + lm.device()
                                + "). /help lists the commands.");
            }
            conversation.start(system);
            BufferedReader in = new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
            for (String line = ask(in); line != null && !quits(line); line = ask(in)) {
                if (line.startsWith("/")) {
                    command(line, conversation);
                } else if (!line.isBlank()) {
                    answer(line, conversation);
                }
                if (streams.sink().failure() != null) {
                    break;
                }
            }
            if (streams.fromTerminal()) {
                streams.err().println();
            }
        }
        return 0;
    }

    private String ask(BufferedReader in) {
        Streams streams = engram.streams();
        if (streams.fromTerminal()) {
            streams.err().print("> ");
            streams.err().flush();
        }
        try {
            return in.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean quits(String line) {
        return line.strip().equals("/quit");
    }

    private void command(String line, Conversation conversation) {
        PrintStream err = engram.streams().err();
        String[] words = line.strip().split("\\s+", 2);
        switch (words[0]) {
            case "/help" -> err.println(HELP);
            case "/reset" -> {
                conversation.start(conversation.system());
                err.println("The conversation is forgotten.");
            }
            case "/system" -> {
                if (words.length > 1) {
                    conversation.start(words[1]);
                    err.println("A new conversation with this system message.");
                } else {
                    err.println(conversation.system() == null ? "No system message is set." : conversation.system());
                }
            }
            default -> err.println("There is no command " + words[0] + "; /help lists them.");
        }
    }

    private void answer(String line, Conversation conversation) {
        Streams streams = engram.streams();
        GenerationOutput output = new GenerationOutput(streams, true);
        streams.interrupt().heed(); // also while the message is read: Ctrl-C keeps the conversation
        try {
            Generation result = conversation.answer(line, maxTokens, output);
            output.end();
            if (conversation.full()) {
                streams.err().println("The model's context is full; /reset starts a new conversation.");
            }
            if (verbose) {
                details(streams.err(), conversation, result);
            }
        } catch (BadInputException e) {
            streams.interrupt().release();
            streams.err().println("engram: " + e.getMessage());
        }
    }

    private static void details(PrintStream err, Conversation conversation, Generation result) {
        err.printf(
                Locale.ROOT,
                "  read %d tokens in %s, wrote %d at %.1f tokens/s; cache %s for %d tokens%n",
                result.promptTokens(),
                Format.seconds(result.prefillSeconds()),
                result.numTokens(),
                result.numTokens() > 1 ? result.decodeTokensPerSecond() : result.tokensPerSecond(),
                Format.bytes(conversation.bytesHeld()),
                conversation.tokens());
    }
}

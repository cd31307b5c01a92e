package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import dev.engram.model.text.Tokenizer;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code tokenize}: a text's tokens. Opens the tokenizer only, so it is fast. */
@Command(name = "tokenize", description = "Shows the tokens of a text; no special token is added.", sortOptions = false)
final class TokenizeCommand implements Callable<Integer> {
    @ParentCommand
    private Engram engram;

    @Option(names = "--text", paramLabel = "TEXT", description = "The text; - or none reads it from standard input.")
    private String text;

    @Option(names = "--file", paramLabel = "F", description = "A file with the text.")
    private String file;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "${env:ENGRAM_MODEL:-default}",
            description = "Whose tokenizer (default: $$ENGRAM_MODEL, else default).")
    private String model;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--verbose", description = "Show where an unexpected fault happened.")
    private boolean verbose;

    @Override
    public Integer call() {
        if (text != null && file != null) {
            throw new BadInputException("--text and --file are both given; give one of them.");
        }
        Streams streams = engram.streams();
        TextInput input = new TextInput(streams);
        String content = file != null ? input.file(file) : input.textOrInput("--text or --file", text);
        try (Checkpoint checkpoint = ModelSource.open(model);
                Tokenizer tokenizer = new Tokenizer(checkpoint.tokenizerJson())) {
            int[] ids = tokenizer.encode(content);
            if (json) {
                new JsonOutput()
                        .add("num_tokens", ids.length)
                        .add("token_ids", ids)
                        .add(
                                "pieces",
                                Arrays.stream(ids).mapToObj(tokenizer::tokenOf).toList())
                        .print(streams);
            } else {
                table(streams, tokenizer, ids);
            }
        }
        return 0;
    }

    private static void table(Streams streams, Tokenizer tokenizer, int[] ids) {
        PrintStream out = streams.out();
        out.println("   id  piece");
        for (int i = 0; i < ids.length && !streams.stopped(); i++) {
            out.printf(Locale.ROOT, "%5d  %s%n", ids[i], tokenizer.printable(ids[i]));
        }
        streams.err().println(ids.length == 1 ? "1 token" : ids.length + " tokens");
    }
}

package dev.engram.cli;

import dev.engram.model.BadInputException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what went wrong in one sentence on standard error; a stack trace only for faults, and only when asked for. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    static final int BAD_INPUT = 2;
    static final int FAULT = 1;

    /** Options that take what somebody may have typed as a bare word. */
    private static final List<String> TEXTS = List.of("--prompt", "--question", "--text");

    private final Streams streams;

    Failures(Streams streams) {
        this.streams = streams;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        say(sentence(e) + " See ./" + command + " --help.");
        return BAD_INPUT;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
        OptionSpec verbose = line.getCommandSpec().findOption("--verbose");
        return report(e, verbose != null && Boolean.TRUE.equals(verbose.getValue()));
    }

    /** Prints and returns the exit code. */
    int report(Throwable e, boolean verbose) {
        if (e instanceof BadInputException || refusedInput(e)) {
            say(e.getMessage());
            return BAD_INPUT;
        }
        String whole = messages(e);
        if (whole.contains("No space left on device")
                || whole.contains("Disk quota exceeded")
                || whole.contains("File too large")) {
            say("No disk space is left (" + whole + "); free some and run the same command again.");
            return BAD_INPUT;
        }
        if (e instanceof UncheckedIOException && e.getCause() instanceof FileSystemException) {
            say(
                    e.getMessage().contains(";")
                            ? e.getMessage()
                            : e.getMessage() + "; check the folder, its permissions and the free space.");
            return BAD_INPUT;
        }
        if (e instanceof OutOfMemoryError) {
            say("Java's memory of " + Runtime.getRuntime().maxMemory() / 1_000_000
                    + " MB is full; give it more, for example ENGRAM_HEAP=4g ./engram ...");
            return BAD_INPUT;
        }
        if (whole.contains("not enough memory") || whole.contains("can't allocate memory")) {
            say("The machine's memory is full; end other programs, take --dtype int4, or shorten the text.");
            return BAD_INPUT;
        }
        boolean trace = verbose || "1".equals(System.getenv("ENGRAM_DEBUG"));
        say("Unexpected fault (" + whole + ")" + (trace ? ":" : "; ENGRAM_DEBUG=1 shows where."));
        if (trace) {
            e.printStackTrace(streams.err());
        }
        return FAULT;
    }

    /** {@code report} and {@code world}, which know no model, refuse what a user gave with this exception. */
    private static boolean refusedInput(Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        return e instanceof IllegalArgumentException
                && trace.length > 0
                && (trace[0].getClassName().startsWith("dev.engram.report.")
                        || trace[0].getClassName().startsWith("dev.engram.world."));
    }

    /** First lines of the messages of an exception and its causes. */
    private static String messages(Throwable e) {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        for (Throwable t = e; t != null && depth < 5; t = t.getCause(), depth++) {
            String first = t.getMessage() == null
                    ? ""
                    : ": " + t.getMessage().strip().lines().findFirst().orElse("");
            text.append(depth == 0 ? "" : ", caused by ")
                    .append(t.getClass().getSimpleName())
                    .append(first);
        }
        return text.toString();
    }

    private void say(String sentence) {
        streams.out().flush();
        PrintStream err = streams.err();
        err.println("engram: " + sentence);
    }

    private static String sentence(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unknown(unmatched);
        }
        if (e instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            return missing(missing);
        }
        if (e instanceof OverwrittenOptionException twice && twice.getOverwritten() instanceof OptionSpec option) {
            return option.longestName() + " is given twice; give it once.";
        }
        if (e.getArgSpec() instanceof OptionSpec option && e.getValue() != null && kind(option) != null) {
            return option.longestName() + " is '" + e.getValue() + "', which is not " + kind(option) + ".";
        }
        String text = e.getMessage().lines().findFirst().orElse("The command line cannot be read");
        return text.endsWith(".") ? text : text + ".";
    }

    private static String unknown(UnmatchedArgumentException e) {
        String first = e.getUnmatched().get(0);
        List<String> near = e.getSuggestions().stream().limit(3).toList();
        boolean option = e.isUnknownOption() || first.startsWith("-");
        String what = option ? "Unknown option '" + first.split("=", 2)[0] + "'" : "Unexpected word '" + first + "'";
        if (near.isEmpty() && !option) {
            return what
                    + TEXTS.stream()
                            .filter(name -> e.getCommandLine().getCommandSpec().findOption(name) != null)
                            .findFirst()
                            .map(name -> "; a text is given with " + name + ".")
                            .orElse(".");
        }
        return what + (near.isEmpty() ? "." : "; did you mean " + String.join(" or ", near) + "?");
    }

    private static String missing(MissingParameterException e) {
        ArgSpec arg = e.getMissing().get(0);
        String name = arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel();
        return e.getMessage().contains("required parameter") || e.getMessage().startsWith("Expected parameter")
                ? name + " needs a value."
                : name + " is missing.";
    }

    private static String kind(OptionSpec option) {
        Class<?> type = option.type();
        if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
            return "a whole number" + (type == int.class || type == Integer.class ? " below 2147483648" : "");
        }
        return type == double.class || type == Double.class ? "a number" : null;
    }
}

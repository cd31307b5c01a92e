package dev.engram.cli;

import dev.engram.cli.bench.Bench;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit codes: 0 done, 1 a fault of the program, 2 something given cannot be used, 130 interrupted, 141 the
 * reader of the output went away.
 */
@Command(
        name = "engram",
        description = "A laboratory for the memory of language models.",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Engram.Version.class,
        subcommands = {
            GenerateCommand.class,
            ChatCommand.class,
            PerplexityCommand.class,
            TokenizeCommand.class,
            WorldCommand.class,
            ExplicitCommand.class,
            AssistantCommand.class,
            PagesCommand.class,
            CompareRunsCommand.class,
            CheckCommand.class,
            Bench.class
        })
public final class Engram implements Runnable {
    private static final List<String> OF_THE_LAUNCHER =
            List.of("reproduce", "lab", "html", "test", "setup", "release", "clean");

    @Spec
    private CommandSpec spec;

    private final Streams streams;

    private Engram(Streams streams) {
        this.streams = streams;
    }

    /** Entry point of the jar. */
    public static void main(String[] args) {
        Streams streams = Streams.ofProcess();
        System.exit(run(streams, Arguments.repaired(args)));
    }

    /** Runs one command and returns its exit code; nothing is thrown. */
    static int run(Streams streams, String... args) {
        int code;
        try {
            code = commandLine(streams).execute(args);
        } catch (Error e) {
            // picocli hands over exceptions only; a full heap or a broken native library is an Error.
            code = new Failures(streams).report(e, List.of(args).contains("--verbose"));
        }
        return streams.finish(code);
    }

    /** The command line over these streams. */
    static CommandLine commandLine(Streams streams) {
        CommandLine line = new CommandLine(new Engram(streams));
        for (String name : OF_THE_LAUNCHER) {
            line.addSubcommand(name, new LauncherCommand(name));
        }
        Failures failures = new Failures(streams);
        return line.setOut(new PrintWriter(streams.out(), true))
                .setErr(new PrintWriter(streams.err(), true))
                // A prompt such as "@home" is text and not the name of a file with arguments.
                .setExpandAtFiles(false)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures);
    }

    Streams streams() {
        return streams;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Engram.class.getPackage().getImplementationVersion();
            return new String[] {"engram " + (version == null ? "(unpackaged)" : version)};
        }
    }
}

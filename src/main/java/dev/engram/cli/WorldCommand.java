package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import dev.engram.model.text.Tokenizer;
import dev.engram.world.Conversation;
import dev.engram.world.Fact;
import dev.engram.world.OwnFacts;
import dev.engram.world.World;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** The fictional world, and a user's own facts in its form. */
@Command(
        name = "world",
        description = "The facts that experiments run on: the fictional archipelago Halcyon, or your own.",
        subcommands = HelpCommand.class)
final class WorldCommand {
    @ParentCommand
    private Engram engram;

    @Command(
            name = "import",
            description =
                    "Checks your own facts (CSV, see data/halcyon/README.md) and copies them to data/own, or to --out.",
            sortOptions = false)
    int importFacts(
            @Parameters(paramLabel = "FILE", description = "Your facts.") Path file,
            @Option(names = "--passages", paramLabel = "FILE", description = "Longer texts that state them.")
                    Path passages,
            @Option(names = "--out", paramLabel = "DIR", description = "Where to (default: data/own in the project).")
                    Path out,
            @Option(
                            names = "--model",
                            paramLabel = "MODEL",
                            defaultValue = "${env:ENGRAM_MODEL:-default}",
                            description = "Whose tokens are counted (default: $$ENGRAM_MODEL, else default).")
                    String model) {
        try (Checkpoint checkpoint = ModelSource.open(model);
                Tokenizer tokenizer = new Tokenizer(checkpoint.tokenizerJson())) {
            World own = new OwnFacts(text -> tokenizer.encode(text).length).check(file, passages);
            Path folder = out == null ? OwnFacts.home() : out;
            write(folder, () -> OwnFacts.write(own, folder));
            PrintStream screen = engram.streams().out();
            row(screen, "facts", own.facts().size());
            row(screen, "passages", own.passages().size());
            screen.println("They are in " + folder + "; what was there before is replaced.");
        }
        return 0;
    }

    @Command(name = "list", description = "Prints how much of what a world holds.", sortOptions = false)
    int list(
            @Option(names = "--from", paramLabel = "DIR", description = "Its folder (default: data/halcyon).")
                    Path from) {
        World world = from == null ? World.load() : World.load(from);
        PrintStream out = engram.streams().out();
        row(out, "entities", world.entities().size());
        row(out, "facts", world.facts().size());
        row(out, "  of the split train", world.facts("train").size());
        row(out, "  of the split heldout", world.facts("heldout").size());
        row(
                out,
                "  with a reverse question",
                world.facts().stream().filter(Fact::reversible).count());
        row(out, "two-hop questions", world.twoHops().size());
        row(out, "questions on unknown names", world.unknown().size());
        row(out, "questions of the law paper", world.paper("law").size());
        row(out, "questions of the medicine paper", world.paper("medicine").size());
        row(out, "passages", world.passages().size());
        row(out, "conversations", world.conversations().size());
        row(
                out,
                "  with <think> parts",
                world.conversations().stream().filter(Conversation::think).count());
        row(out, "preference pairs", world.preferences().size());
        row(out, "personal facts", world.personal().size());
        row(out, "turns of small talk", world.chatter().size());
        row(out, "facts in Chinese", world.chinese().size());
        return 0;
    }

    private static void write(Path folder, Runnable writing) {
        try {
            writing.run();
        } catch (UncheckedIOException e) {
            throw new BadInputException(
                    "--out is '" + folder + "', where nothing can be written: " + e.getMessage(), e);
        }
    }

    private static void row(PrintStream out, String what, long count) {
        out.printf(Locale.ROOT, "%-32s%6d%n", what, count);
    }

    @Command(
            name = "generate",
            description = "Makes the world again from its seed, or another one from another seed.",
            sortOptions = false)
    int generate(
            @Option(names = "--seed", paramLabel = "NAME", defaultValue = World.SEED, description = "Default: halcyon.")
                    String seed,
            @Option(names = "--out", paramLabel = "DIR", required = true, description = "Where to.") Path out) {
        World world = World.generate(seed);
        write(out, () -> world.write(out));
        engram.streams().out().println(world.facts().size() + " facts are in " + out + ".");
        return 0;
    }
}

package dev.engram.cli;

import dev.engram.model.BadInputException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Stands for a command that the launcher script does by itself, so that calling it on the jar is answered. */
@Command(hidden = true)
final class LauncherCommand implements Runnable {
    private final String name;

    @Unmatched
    private List<String> ignored;

    LauncherCommand(String name) {
        this.name = name;
    }

    @Override
    public void run() {
        throw new BadInputException(
                "'" + name + "' is a command of the launcher; run ./engram " + name + " in the project's folder.");
    }
}

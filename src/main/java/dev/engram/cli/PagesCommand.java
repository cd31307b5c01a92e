package dev.engram.cli;

import dev.engram.eval.Scorecard;
import dev.engram.report.AtomicFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Pages that are made from data, so that they cannot say anything else. */
@Command(name = "pages", description = "Makes the pages again that are made from data: data/seeds.md.")
final class PagesCommand implements Callable<Integer> {
    @ParentCommand
    private Engram engram;

    @Override
    public Integer call() {
        Path home = BenchOptions.home();
        Path page = home.resolve("data/seeds.md");
        AtomicFile.write(page, Scorecard.read(home).page());
        engram.streams().out().println(page);
        return 0;
    }
}

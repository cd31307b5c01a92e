package dev.engram.cli;

import dev.engram.cli.pages.Pages;
import dev.engram.report.AtomicFile;
import dev.engram.report.Checkout;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Pages that are made from data, so that they cannot say anything else. */
@Command(
        name = "pages",
        description = "Makes again what is made from data/ and results/: data/seeds.md, the marked tables of README.md,"
                + " README.zh.md, notebooks/README.md and docs/.")
final class PagesCommand implements Callable<Integer> {
    @ParentCommand
    private Engram engram;

    @Override
    public Integer call() {
        new Pages(Checkout.folder()).made().forEach((page, text) -> {
            AtomicFile.write(page, text);
            engram.streams().out().println(page);
        });
        return 0;
    }
}

package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.report.RunFolder;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A race of number formats on one model: the formats, and how many rounds. */
final class RaceOptions {
    @Mixin
    BenchOptions on;

    @Option(
            names = "--dtypes",
            split = ",",
            description = "Own formats; default: ${DEFAULT-VALUE}.",
            defaultValue = "f32,bf16,auto")
    List<String> dtypes;

    @Option(names = "--rounds", description = "Interleaved rounds; default: ${DEFAULT-VALUE}.", defaultValue = "5")
    private int rounds;

    int rounds() {
        if (rounds < 1) {
            throw new BadInputException("--rounds is " + rounds + "; it must be a whole number of at least 1.");
        }
        return rounds;
    }

    /** Where the results go: results/NAME/PROFILE. */
    RunFolder results(String name) {
        return on.results(name).setting("rounds", rounds());
    }
}

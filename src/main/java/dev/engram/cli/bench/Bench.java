package dev.engram.cli.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The long measurements, by name. */
@Command(
        name = "bench",
        description =
                "Long measurements into results/: speed, in interleaved rounds beside the peers that are installed, and the"
                        + " quality runs behind the notebooks.",
        subcommands = {
            BenchDecode.class,
            BenchPrefill.class,
            BenchBatch.class,
            BenchOpen.class,
            BenchFormats.class,
            BenchCache.class,
            BenchPolicies.class,
            BenchProbes.class,
            BenchTrain.class,
            BenchFacts.class,
            BenchRecall.class,
            BenchTiers.class,
            BenchBank.class,
            BenchReading.class,
            BenchAnalyses.class,
            BenchMemory3Training.class,
            BenchExplicit.class,
            BenchRetrieve.class,
            BenchStore.class,
            BenchCompare.class,
            BenchLmcode.class,
            HelpCommand.class
        })
public final class Bench {}

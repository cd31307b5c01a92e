package dev.engram.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** Speed, measured side by side with the peers. */
@Command(
        name = "bench",
        description = "Measures speed in interleaved rounds, beside the peers that are installed.",
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
final class Bench {}

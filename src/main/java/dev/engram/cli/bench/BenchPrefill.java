package dev.engram.cli.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Reading speed by prompt length. */
@Command(name = "prefill", description = "Tokens per second of reading a prompt, logits of its last position included.")
final class BenchPrefill implements Callable<Integer> {
    @Mixin
    private SpeedRace race;

    @Option(
            names = "--lengths",
            split = ",",
            description = "Tokens of the prompt; default: ${DEFAULT-VALUE}.",
            defaultValue = "16,512,1024,4096")
    private List<Integer> lengths;

    @Override
    public Integer call() {
        race.run("prefill", lengths, Map.of(), (c, length) -> length / c.prefill(length));
        return 0;
    }
}

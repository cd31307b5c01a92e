package dev.engram.cli.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Decoding speed by context length. */
@Command(name = "decode", description = "Tokens per second of greedy decoding after contexts of several lengths.")
final class BenchDecode implements Callable<Integer> {
    @Mixin
    private SpeedRace race;

    @Option(
            names = "--contexts",
            split = ",",
            description = "Tokens before the timed ones; default: ${DEFAULT-VALUE}.",
            defaultValue = "16,512,1024,4096")
    private List<Integer> contexts;

    @Option(
            names = "--tokens",
            description = "Timed tokens of a round; default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int tokens;

    @Override
    public Integer call() {
        race.run("decode", contexts, Map.of("tokens", tokens), (c, context) -> c.decode(context, tokens));
        return 0;
    }
}

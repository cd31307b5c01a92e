package dev.engram.cli;

import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Decoding speed by context length. */
@Command(name = "decode", description = "Tokens per second of greedy decoding after contexts of several lengths.")
final class BenchDecode implements Callable<Integer> {
    @Mixin
    private BenchOptions options;

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
        List<Contestant> all = options.contestants();
        try (RunFolder run = options.results("bench-decode")) {
            run.setting("tokens", tokens);
            Race race = race(all);
            Table summary = race.summary(options.dtypes, contexts, options.peers);
            run.rows(race.rows());
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        } finally {
            all.forEach(Contestant::close);
        }
        return 0;
    }

    private Race race(List<Contestant> all) {
        Race race = new Race();
        try (Progress progress = Progress.start("decode", (long) (options.rounds + 1) * contexts.size() * all.size())) {
            for (int round = 0; round <= options.rounds; round++) {
                for (int context : contexts) {
                    for (Contestant c : all) {
                        double speed = c.decode(context, tokens);
                        if (round > 0) { // the first round warms up
                            race.add(new Race.Lap(round, c.who(), c.dtype(), c.setting(), context, speed));
                        }
                        progress.step();
                    }
                }
                Collections.rotate(all, 1);
            }
        }
        return race;
    }
}

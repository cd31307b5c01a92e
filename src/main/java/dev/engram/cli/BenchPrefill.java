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

/** Reading speed by prompt length. */
@Command(name = "prefill", description = "Tokens per second of reading a prompt, logits of its last position included.")
final class BenchPrefill implements Callable<Integer> {
    @Mixin
    private BenchOptions options;

    @Option(
            names = "--lengths",
            split = ",",
            description = "Tokens of the prompt; default: ${DEFAULT-VALUE}.",
            defaultValue = "16,512,1024,4096")
    private List<Integer> lengths;

    @Override
    public Integer call() {
        List<Contestant> all = options.contestants();
        try (RunFolder run = options.results("bench-prefill")) {
            Race race = race(all);
            Table summary = race.summary(options.dtypes, lengths, options.peers);
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
        try (Progress progress = Progress.start("prefill", (long) (options.rounds + 1) * lengths.size() * all.size())) {
            for (int round = 0; round <= options.rounds; round++) {
                for (int length : lengths) {
                    for (Contestant c : all) {
                        double seconds = c.prefill(length);
                        if (round > 0) {
                            race.add(new Race.Lap(round, c.who(), c.dtype(), c.setting(), length, length / seconds));
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

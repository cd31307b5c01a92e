package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Several sequences at once against one. */
@Command(name = "batch", description = "Tokens per second of greedy generation, a batch against a single sequence.")
final class BenchBatch implements Callable<Integer> {
    private static final int PROMPT = 32;

    @Mixin
    private RaceOptions options;

    @Option(names = "--size", description = "Sequences at once; default: ${DEFAULT-VALUE}.", defaultValue = "8")
    private int size;

    @Option(
            names = "--tokens",
            description = "New tokens per sequence; default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int tokens;

    @Override
    public Integer call() {
        if (size < 1) {
            throw new BadInputException("--size is " + size + "; it must be a whole number of at least 1.");
        }
        Race race = new Race();
        try (RunFolder run = options.results("bench-batch");
                Progress progress = Progress.start("batch", (long) options.dtypes.size() * options.rounds() * 2)) {
            for (String dtype : options.dtypes) {
                LoadOptions load = options.on.load(DType.parse(dtype));
                try (CausalLm lm = CausalLm.open(options.on.model, load)) {
                    measure(race, lm, dtype, progress);
                }
            }
            Table summary = race.summary(options.dtypes, List.of(size), List.of("single"));
            run.rows(race.rows());
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        }
        return 0;
    }

    private void measure(Race race, CausalLm lm, String dtype, Progress progress) {
        speed(lm, size);
        speed(lm, 1);
        for (int round = 1; round <= options.rounds(); round++) {
            race.add(new Race.Lap(round, "engram", dtype, lm.format(), size, speed(lm, size)));
            progress.step();
            race.add(new Race.Lap(round, "single", dtype, lm.format(), size, speed(lm, 1)));
            progress.step();
        }
    }

    private double speed(CausalLm lm, int rows) {
        List<int[]> prompts = new ArrayList<>();
        for (int r = 0; r < rows; r++) {
            int shift = 100 + 31 * r;
            prompts.add(IntStream.range(0, PROMPT).map(i -> shift + 7 * i).toArray());
        }
        long start = System.nanoTime();
        int count = lm.generateBatch(prompts, tokens).stream()
                .mapToInt(ids -> ids.length)
                .sum();
        return count / ((System.nanoTime() - start) / 1e9);
    }
}

package dev.engram.cli.bench;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import dev.engram.model.engine.Torch;
import dev.engram.recall.Centring;
import dev.engram.recall.Eviction;
import dev.engram.recall.Memory;
import dev.engram.recall.MemoryBank;
import dev.engram.recall.MemoryHead;
import dev.engram.recall.MemoryHeadConfig;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.report.TemporaryFolder;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tech.tablesaw.aggregate.AggregateFunctions;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** A bank of random memories: how long it takes to save, to open and to choose from, without any model. */
@Command(
        name = "bank",
        description = "Time to save and open a memory bank and to choose a memory, by number of memories.")
final class BenchBank implements Callable<Integer> {
    @Option(
            names = "--memories",
            description = "Memories; default: ${DEFAULT-VALUE}, the seed's cap.",
            defaultValue = "" + MemoryBank.DEFAULT_CAP)
    private int memories;

    @Option(
            names = "--width",
            description = "Numbers of a vector; default: ${DEFAULT-VALUE}, the default model's.",
            defaultValue = "576")
    private int width;

    @Option(names = "--rounds", description = "Times each is measured; default: ${DEFAULT-VALUE}.", defaultValue = "20")
    private int rounds;

    @Option(names = "--threads", description = "Threads; default: the physical cores.")
    private int threads;

    private final Table rows = Table.create(
            "bank",
            StringColumn.create("step"),
            IntColumn.create("memories"),
            IntColumn.create("round"),
            DoubleColumn.create("milliseconds"));

    @Override
    public Integer call() {
        if (memories < 1 || width < 1 || rounds < 1) {
            throw new BadInputException("--memories is " + memories + ", --width " + width + " and --rounds " + rounds
                    + "; each must be at least 1.");
        }
        Path results = Checkout.folder().resolve("results");
        try (RunFolder run = RunFolder.open(results, "bench-bank", Profile.fromEnvironment(), 1);
                TemporaryFolder folder = TemporaryFolder.create("engram-bank");
                NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU)) {
            Torch.setThreads(threads > 0 ? threads : Torch.physicalCores());
            run.setting("memories", memories).setting("width", width).setting("rounds", rounds);
            measure(manager, folder.path());
            run.rows(rows);
            Table summary = summary();
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        }
        return 0;
    }

    private void measure(NDManager manager, Path folder) {
        Random random = new Random(1);
        MemoryBank written = random(random);
        int openings = Math.min(rounds, 5);
        try (Progress progress = Progress.start("Bank", openings + rounds)) {
            timed("save", 1, () -> {
                written.save(folder);
                return written;
            });
            MemoryBank bank = written;
            for (int round = 1; round <= openings; round++) {
                bank = timed("open", round, () -> MemoryBank.load(folder, "random", width));
                progress.step();
            }
            try (MemoryHead head = new MemoryHead(manager, bank, MemoryHeadConfig.learned(20, 0), null)) {
                timed("first choice", 1, () -> head.choose(vector(random)));
                for (int round = 1; round <= rounds; round++) {
                    float[] query = vector(random);
                    timed("choice", round, () -> head.choose(query));
                    progress.step();
                }
            }
        }
    }

    private MemoryBank random(Random random) {
        MemoryBank bank = new MemoryBank("random", "random", Centring.none(width), memories, Eviction.LRU);
        for (int i = 0; i < memories; i++) {
            bank.add(Memory.of("m" + i, "This is the text of the memory with the number " + i + "."), vector(random));
        }
        return bank;
    }

    private float[] vector(Random random) {
        float[] v = new float[width];
        for (int i = 0; i < width; i++) {
            v[i] = (float) random.nextGaussian();
        }
        return v;
    }

    private <T> T timed(String step, int round, Supplier<T> work) {
        long start = System.nanoTime();
        T result = work.get();
        rows.stringColumn("step").append(step);
        rows.intColumn("memories").append(memories);
        rows.intColumn("round").append(round);
        rows.doubleColumn("milliseconds").append((System.nanoTime() - start) / 1e6);
        return result;
    }

    private Table summary() {
        Table summary = Table.create(
                "A bank of " + memories + " memories, milliseconds",
                StringColumn.create("step"),
                DoubleColumn.create("median"),
                DoubleColumn.create("worst"),
                IntColumn.create("n"));
        for (String step :
                rows.stringColumn("step").unique().asList().stream().sorted().toList()) {
            DoubleColumn times =
                    rows.where(rows.stringColumn("step").isEqualTo(step)).doubleColumn("milliseconds");
            summary.stringColumn("step").append(step);
            summary.doubleColumn("median").append(AggregateFunctions.median.summarize(times));
            summary.doubleColumn("worst").append(times.max());
            summary.intColumn("n").append(times.size());
        }
        return summary;
    }
}

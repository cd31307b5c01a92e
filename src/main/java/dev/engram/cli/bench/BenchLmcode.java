package dev.engram.cli.bench;

import dev.engram.dual.FactExperiment;
import dev.engram.dual.FactTexts;
import dev.engram.dual.ForgettingExperiment;
import dev.engram.dual.LmcodeExperiment;
import dev.engram.dual.LmcodeExperiment.Arm;
import dev.engram.dual.Memories;
import dev.engram.dual.StabilityExperiment;
import dev.engram.dual.measure.StepCost;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import dev.engram.model.engine.Torch;
import dev.engram.report.Csv;
import dev.engram.report.Tables;
import dev.engram.world.World;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** LMCODE's trained claims over several seeds: what notebook 09 shows with one. */
@Command(
        name = "lmcode",
        description =
                "Trains small LMCODE models from scratch, seed by seed: which memory recalls, what replay saves, what an update"
                        + " costs, what its advice against loss spikes does, and invented facts as text. Can be stopped and continued: every"
                        + " part and seed has a file of its own, and a file that is there is kept.")
final class BenchLmcode implements Callable<Integer> {
    private static final double TARGET = 0.9;

    @Option(names = "--threads", description = "Threads; default: the physical cores.")
    private int threads = Torch.physicalCores();

    @Option(
            names = "--parts",
            split = ",",
            description = "memories, replay, cost, rates, stability, forgetting, facts, weights; default: all.")
    private List<String> parts =
            List.of("memories", "replay", "cost", "rates", "stability", "forgetting", "facts", "weights");

    @Option(names = "--seeds", split = ",", description = "Default: ${DEFAULT-VALUE}.")
    private List<Long> seeds = List.of(1L, 2L, 3L, 4L, 5L);

    @Option(names = "--steps", description = "Updates of each run instead of the part's own.")
    private Integer steps;

    @Option(names = "--out", description = "Folder of the rows; default: results/bench-lmcode/PROFILE.")
    private Path out;

    /** A number. */
    public record Row(String part, String arm, String quantity, double x, long seed, double value) {}

    @Override
    public Integer call() {
        Torch.manager(LoadOptions.DeviceChoice.AUTO).close();
        Torch.setThreads(threads);
        Path folder = BenchOptions.folder(out, "bench-lmcode");
        for (String part : parts) {
            for (long seed : seeds) {
                Path file = folder.resolve(part + "-" + seed + ".csv");
                if (!Files.exists(file)) {
                    Csv.write(file, Tables.of(part, rows(part, seed)));
                    System.out.println(part + ", seed " + seed + ", is in " + file);
                }
            }
        }
        System.out.println("The rows are in " + folder);
        return 0;
    }

    private List<Row> rows(String part, long seed) {
        return switch (part) {
            case "memories" -> memories(seed);
            case "replay" -> replay(seed);
            case "cost" -> cost(seed);
            case "rates" -> rates(seed);
            case "stability" -> stability(seed);
            case "forgetting" -> forgetting(seed);
            case "facts" -> facts(seed);
            case "weights" -> weights(seed);
            default ->
                throw new BadInputException(
                        "There is no part '" + part + "'; give one of --parts, or several with commas.");
        };
    }

    private LmcodeExperiment recall() {
        LmcodeExperiment e = LmcodeExperiment.quick();
        return steps == null ? e : new LmcodeExperiment(e.task(), steps, e.batch(), e.rate(), e.every(), e.fresh());
    }

    private List<Row> memories(long seed) {
        List<Row> rows = new ArrayList<>();
        for (Memories memories : Memories.values()) {
            try (LmcodeExperiment.Run run = recall().train(Arm.of(memories), seed)) {
                String arm = run.arm().name();
                rows.add(new Row("memories", arm, "accuracy", 0, seed, run.accuracy()));
                rows.add(new Row("memories", arm, "updates to 90 %", 0, seed, run.stepsTo(TARGET)));
                run.curve().forEach(p -> rows.add(new Row("memories", arm, "curve", p.step(), seed, p.accuracy())));
            }
        }
        return rows;
    }

    private List<Row> replay(long seed) {
        List<Row> rows = new ArrayList<>();
        for (double share : new double[] {0, 0.1, 0.2, 0.5}) {
            try (LmcodeExperiment.Run run =
                    recall().train(Arm.of(Memories.LONG_TERM).withReplay(share, 0), seed)) {
                rows.add(new Row("replay", "endless texts", "updates to 90 %", share, seed, run.stepsTo(TARGET)));
                rows.add(new Row("replay", "endless texts", "accuracy", share, seed, run.accuracy()));
            }
        }
        return rows;
    }

    private List<Row> cost(long seed) {
        LmcodeExperiment e = recall();
        List<Row> rows = new ArrayList<>();
        int updates = steps == null ? 15 : steps;
        LmcodeExperiment first = new LmcodeExperiment(e.task(), 1, 32, e.rate(), 1, 8);
        for (Memories memories : Memories.values()) {
            StepCost.of(first, Arm.of(memories), seed); // the engine's own memory and compilation are nobody's cost
        }
        for (int batch : new int[] {32, 16}) {
            LmcodeExperiment few = new LmcodeExperiment(e.task(), updates, batch, e.rate(), updates, 8);
            for (Memories memories : Memories.values()) {
                StepCost.Row r = StepCost.of(few, Arm.of(memories), seed);
                rows.add(new Row("cost", r.arm(), "milliseconds an update", batch, seed, r.milliseconds()));
                rows.add(new Row("cost", r.arm(), "MiB at the peak", batch, seed, r.mebibytes()));
            }
        }
        return rows;
    }

    /** The short-term memory alone, long enough for the seed's update rate to be told from a tenth of it. */
    private List<Row> rates(long seed) {
        LmcodeExperiment alone = LmcodeExperiment.shortTerm(steps == null ? 1500 : steps);
        List<Row> rows = new ArrayList<>();
        for (double eta : new double[] {1, 0.1, 0.01, 0.001}) {
            try (LmcodeExperiment.Run run =
                    alone.train(Arm.of(Memories.SHORT_TERM).withUpdateRate(eta), seed)) {
                rows.add(new Row("rates", "short-term", "accuracy", eta, seed, run.accuracy()));
                rows.add(new Row("rates", "short-term", "updates to 90 %", eta, seed, run.stepsTo(TARGET)));
                double norm = run.curve().stream()
                        .mapToDouble(LmcodeExperiment.Point::gradientNorm)
                        .max()
                        .orElseThrow();
                rows.add(new Row("rates", "short-term", "largest norm", eta, seed, norm));
            }
        }
        return rows;
    }

    /** A second language after a first one. */
    private List<Row> forgetting(long seed) {
        ForgettingExperiment languages = ForgettingExperiment.full();
        List<Row> rows = new ArrayList<>();
        for (Memories memories : List.of(Memories.NONE, Memories.BOTH)) {
            for (double share : new double[] {0, 0.2}) {
                ForgettingExperiment.Row r = languages.run(memories, 0.01, share, seed);
                String arm = memories.name().toLowerCase(Locale.ROOT);
                rows.add(new Row("forgetting", arm, "nats lost", share, seed, r.forgotten()));
                rows.add(new Row("forgetting", arm, "second language", share, seed, r.lossB()));
            }
        }
        return rows;
    }

    /** Rates that are much too high, then the advice one by one. */
    private List<Row> stability(long seed) {
        StabilityExperiment quick = StabilityExperiment.quick();
        StabilityExperiment test = steps == null ? quick : new StabilityExperiment(quick.task(), steps, quick.batch());
        List<Row> rows = new ArrayList<>();
        for (double rate : new double[] {0.003, 0.3, 3}) {
            for (double eta : new double[] {0.01, 0.001}) {
                for (double clip : new double[] {0, 1}) {
                    StabilityExperiment.Row r = test.run(eta, clip, rate, seed);
                    String arm = "eta " + eta + ", clip " + clip;
                    rows.add(new Row("stability", arm, "spikes", rate, seed, r.spikes()));
                    rows.add(new Row("stability", arm, "largest norm", rate, seed, r.largestNorm()));
                    rows.add(new Row("stability", arm, "last loss", rate, seed, r.lastLoss()));
                    rows.add(new Row("stability", arm, "updates", rate, seed, r.steps()));
                }
            }
        }
        return rows;
    }

    private FactExperiment factTest() {
        FactExperiment e = FactExperiment.of(FactTexts.of(
                Stream.of("train", "heldout")
                        .flatMap(split -> World.load().facts(split).stream())
                        .toList(),
                "person",
                4));
        return steps == null ? e : new FactExperiment(e.texts(), steps, e.batch(), e.rate(), e.held());
    }

    private List<Row> facts(long seed) {
        List<FactExperiment.Row> found = new ArrayList<>(factTest().reading(Memories.NONE, seed));
        found.addAll(factTest().reading(Memories.LONG_TERM, seed));
        return own(found);
    }

    private List<Row> weights(long seed) {
        List<FactExperiment.Row> found = new ArrayList<>();
        for (double share : new double[] {0, 0.2, 0.5}) {
            found.addAll(factTest().weights(steps == null ? 60 : steps, share, seed));
        }
        return own(found);
    }

    private static List<Row> own(List<FactExperiment.Row> rows) {
        Map<List<Object>, List<FactExperiment.Row>> tests = new LinkedHashMap<>();
        rows.forEach(r -> tests.computeIfAbsent(List.of(r.part(), r.arm(), r.x()), x -> new ArrayList<>())
                .add(r));
        return tests.values().stream()
                .map(t -> new Row(
                        t.get(0).part(),
                        t.get(0).arm(),
                        "right",
                        t.get(0).x(),
                        t.get(0).seed(),
                        t.stream()
                                .mapToDouble(FactExperiment.Row::value)
                                .average()
                                .orElseThrow()))
                .toList();
    }
}

package dev.engram.cli.bench;

import dev.engram.eval.Prose;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelSource;
import dev.engram.model.text.Tokenizer;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.report.TemporaryFolder;
import dev.engram.train.Lora;
import dev.engram.train.LoraConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Training speed beside transformers: the same text, the same first adapter, the same optimiser. */
@Command(name = "train", description = "Seconds of a LoRA training step, and the loss curve, beside transformers.")
final class BenchTrain implements Callable<Integer> {
    private static final double RATE = 1e-3;

    @Mixin
    private RaceOptions options;

    @Option(
            names = "--batches",
            split = ",",
            description = "Rows of a batch; default: ${DEFAULT-VALUE}.",
            defaultValue = "1,4")
    private List<Integer> batches;

    @Option(names = "--tokens", description = "Tokens of a row; default: ${DEFAULT-VALUE}.", defaultValue = "256")
    private int tokens;

    @Option(names = "--steps", description = "Timed steps of a round; default: ${DEFAULT-VALUE}.", defaultValue = "3")
    private int steps;

    @Option(names = "--curve", description = "Steps of the loss curve; default: ${DEFAULT-VALUE}.", defaultValue = "20")
    private int curve;

    @Option(names = "--rank", description = "Rank of the adapters; default: ${DEFAULT-VALUE}.", defaultValue = "8")
    private int rank;

    @Option(
            names = "--peers",
            split = ",",
            description = "Peers to measure beside, transformers, or none; default: ${DEFAULT-VALUE}.",
            defaultValue = "transformers")
    private List<String> peers;

    @Option(
            names = "--peer-dtypes",
            split = ",",
            description = "Formats of the peer; default: ${DEFAULT-VALUE}.",
            defaultValue = "f32,bf16")
    private List<String> peerDtypes;

    @Option(names = "--training-python", description = "Python of the training peer.")
    private String python = System.getenv().getOrDefault("ENGRAM_PEER_TRAINING", "python3");

    @Option(
            names = "--codes",
            split = ",",
            description = "Whose adapters the peer uses, peft, plain or both; default: ${DEFAULT-VALUE}.",
            defaultValue = "peft,plain")
    private List<String> codes;

    @Override
    public Integer call() {
        if (tokens < 2 || steps < 1 || curve < 1 || batches.stream().anyMatch(b -> b < 1)) {
            throw new BadInputException("--tokens is " + tokens + ", --steps " + steps + ", --curve " + curve
                    + " and --batches " + batches + "; give at least 2 tokens and 1 of each other.");
        }
        List<TrainEntrant> entrants = new ArrayList<>();
        try (RunFolder run = options.results("bench-train");
                TemporaryFolder adapter = TemporaryFolder.create("engram-adapter")) {
            firstAdapter(adapter.path());
            entrants(adapter.path(), entrants);
            TrainRace race = new TrainRace(entrants);
            List<int[]> text = text();
            for (int batch : batches) {
                race.run(batch, batches(text, batch, curve), batches(text, batch, steps), options.rounds(), RATE);
            }
            Table summary = Tables.of("Training steps", race.lines());
            run.setting("tokens", tokens)
                    .setting("steps", steps)
                    .setting("rank", rank)
                    .setting("rate", RATE);
            run.rows(Tables.of("rows", race.laps()));
            Csv.write(run.file("curve.csv"), Tables.of("curve", race.points()));
            run.summary(summary);
            run.commit();
            System.out.println(
                    Tables.text(race.lines().isEmpty() ? Tables.of("Training steps", race.laps()) : summary));
        } finally {
            entrants.forEach(TrainEntrant::close);
        }
        return 0;
    }

    /** Writes the adapter that everybody starts from. */
    private void firstAdapter(Path folder) {
        try (TrainableDecoder decoder = TrainableDecoder.open(options.on.model, DType.F32);
                Lora lora = Lora.create(decoder, LoraConfig.of(rank), 7)) {
            lora.save(folder, options.on.model);
        }
    }

    private void entrants(Path adapter, List<TrainEntrant> all) {
        for (String dtype : options.dtypes) {
            if (!dtype.equals("auto")) { // one of the two others
                all.add(new OwnTrainer(options.on.model, dtype, options.on.threads(), adapter));
            }
        }
        if (peers.contains("transformers")) {
            for (String dtype : peerDtypes) {
                for (String code : codes) {
                    List<String> command = options.on.worker(python, "bench_train.py");
                    command.addAll(List.of("--lora", adapter.toString(), "--code", code, "--dtype", dtype));
                    all.add(new PeerTrainer(new PeerContestant("transformers", dtype, code + " sdpa", command)));
                }
            }
        }
    }

    /** Windows of ordinary text. */
    private List<int[]> text() {
        try (Checkpoint checkpoint = ModelSource.open(options.on.model);
                Tokenizer tokenizer = new Tokenizer(checkpoint.tokenizerJson())) {
            Prose prose = Prose.read(Checkout.folder().resolve("data/prose"));
            int most = prose.texts().stream()
                    .mapToInt(t -> tokenizer.encode(t.content()).length / tokens)
                    .sum();
            int wanted = batches.stream().mapToInt(b -> b).max().orElse(1) * Math.max(curve, steps);
            return prose.windows(tokenizer, tokens, Math.min(most, wanted));
        }
    }

    private static List<int[][]> batches(List<int[]> text, int rows, int count) {
        List<int[][]> all = new ArrayList<>();
        for (int s = 0; s < count; s++) {
            int[][] batch = new int[rows][];
            for (int r = 0; r < rows; r++) {
                batch[r] = text.get((s * rows + r) % text.size());
            }
            all.add(batch);
        }
        return all;
    }
}

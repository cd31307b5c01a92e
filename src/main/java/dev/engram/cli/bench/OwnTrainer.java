package dev.engram.cli.bench;

import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.train.Batches;
import dev.engram.train.Example;
import dev.engram.train.History;
import dev.engram.train.Labels;
import dev.engram.train.Lora;
import dev.engram.train.SftTask;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Engram's own training, with the classes that everybody uses: nothing is left out for the race. */
final class OwnTrainer implements TrainEntrant {
    private final String dtype;
    private final Path adapter;
    private final TrainableDecoder decoder;

    /** @param adapter folder of the adapter that every run starts from */
    OwnTrainer(String model, String dtype, int threads, Path adapter) {
        this.dtype = dtype;
        this.adapter = adapter;
        this.decoder = TrainableDecoder.open(model, DType.parse(dtype));
        Torch.setThreads(threads);
    }

    @Override
    public String who() {
        return "engram";
    }

    @Override
    public String dtype() {
        return dtype;
    }

    @Override
    public String setting() {
        return "LoRA";
    }

    @Override
    public Run run(List<int[][]> batches, double rate) {
        List<Example> examples =
                batches.stream().flatMap(Arrays::stream).map(Labels::all).toList();
        int rows = batches.get(0).length;
        int tokens = batches.get(0)[0].length;
        try (Lora lora = Lora.load(decoder.newScope(), decoder.config(), adapter)) {
            SftTask task = new SftTask(decoder, lora::adapter, Batches.inOrder(examples, rows, tokens, 0), 1);
            TrainConfig config =
                    TrainConfig.of(batches.size(), rate).withName("engram " + dtype + ", " + rows + " rows");
            History history = new Trainer(lora, config).run(task);
            return new Run(
                    history.entries().stream().mapToDouble(History.Entry::loss).toArray(),
                    history.entries().stream()
                            .mapToDouble(History.Entry::seconds)
                            .toArray());
        }
    }

    @Override
    public void close() {
        decoder.close();
    }
}

package dev.engram.explicit;

import dev.engram.model.CausalLm;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.BaseSamples;
import dev.engram.train.History;
import dev.engram.train.Lora;
import dev.engram.train.Replay;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The recipe of the reading adapter: adapters of all linears on questions about the world's training entities, single facts and passages
 * in equal parts.
 *
 * @param layers where memories stand
 * @param steps updates
 * @param batch rows of an update
 * @param distractors at most so many beside a row's own reference
 * @param singles training questions on single facts
 * @param passages training questions on passages
 * @param learningRate peak
 */
public record ReadingTraining(
        LayerChoice layers,
        int steps,
        int batch,
        int distractors,
        int singles,
        int passages,
        double learningRate,
        long seed) {
    private static final List<Integer> TOKENS = List.of(8, 32, WriteConfig.ALL_TOKENS);

    /** What about 10 minutes on 2 cores allow. */
    public static ReadingTraining defaults(long seed) {
        return new ReadingTraining(LayerChoice.LAST_HALF, 120, 12, 4, 300, 150, 1e-3, seed);
    }

    public ReadingTraining withSteps(int n) {
        return new ReadingTraining(layers, n, batch, distractors, singles, passages, learningRate, seed);
    }

    public ReadingTraining withLayers(LayerChoice choice) {
        return new ReadingTraining(choice, steps, batch, distractors, singles, passages, learningRate, seed);
    }

    /**
     * Trains.
     *
     * @param decoder the model with a graph, in f32
     * @param lora adapters that learn
     * @param lm the same model for inference, without an adapter: it writes the memories
     * @param checkpoints folder, or null
     */
    public History run(TrainableDecoder decoder, Lora lora, CausalLm lm, World world, Path checkpoints) {
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults().withLayers(layers));
        List<ReadingItem> items =
                new ArrayList<>(ReadingItem.of(world, "train", ReadingItem.Kind.SINGLE, singles, seed));
        items.addAll(ReadingItem.of(world, "train", ReadingItem.Kind.PASSAGE, passages, seed));
        ReadingTask.Rows rows = ReadingTask.Rows.of(lm, writer, items, TOKENS);
        Replay replay = new Replay(decoder, BaseSamples.text(lm, 48, 32, seed), 3, 0, seed);
        ReadingTask task = new ReadingTask(decoder, lora.adapter(), rows, writer, batch, distractors, replay, 2, seed);
        TrainConfig config = TrainConfig.of(steps, learningRate)
                .withName("Reading")
                .withSchedule(Schedule.linear(Math.min(8, steps / 4)));
        if (checkpoints != null) {
            config = config.withCheckpoints(checkpoints, 10, 1);
        }
        return new Trainer(lora, config).run(task);
    }
}

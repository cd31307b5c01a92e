package dev.engram.explicit.pretrain;

import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.train.FullTraining;
import dev.engram.train.History;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import dev.engram.train.TrainingTask;
import java.nio.file.Path;

/** A tiny decoder, all of whose parameters learn. */
public final class TinyLm implements AutoCloseable {
    private final PretrainSetup setup;
    private final TrainableDecoder decoder;
    private final FullTraining parameters;

    /**
     * A model with random weights.
     *
     * @param tokens of its vocabulary
     */
    public TinyLm(PretrainSetup setup, int tokens, long seed) {
        this.setup = setup;
        this.decoder = new TrainableDecoder(
                Torch.manager(DeviceChoice.AUTO), new RandomCheckpoint(setup.model(tokens), seed, 0.05), false);
        this.parameters = new FullTraining(decoder);
    }

    public TrainableDecoder decoder() {
        return decoder;
    }

    /**
     * Pretrains it.
     *
     * @param checkpoints folder of this run alone, from which an interrupted one goes on; or null
     */
    public History pretrain(PretrainData data, MemoryPlan plan, long seed, Path checkpoints) {
        TrainConfig config = setup.training("Pretraining, " + plan.name());
        if (checkpoints != null) {
            config = config.withCheckpoints(checkpoints, 100, 1);
        }
        return train(
                new PretrainTask(decoder, data.corpus(), setup.shape(), plan, setup.batch(), seed), config);
    }

    /** Trains all parameters on something. */
    public History train(TrainingTask task, TrainConfig config) {
        return new Trainer(parameters, config).run(task);
    }

    @Override
    public void close() {
        parameters.close();
        decoder.close();
    }
}

package dev.engram.explicit.pretrain;

import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.ChangedCheckpoint;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.Dequantizer;
import dev.engram.model.source.SafetensorsFile;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.StoredTensor;
import dev.engram.model.source.TensorType;
import dev.engram.train.FullTraining;
import dev.engram.train.History;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import dev.engram.train.TrainingTask;
import java.nio.file.Path;
import java.util.Arrays;

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
        this(setup, new RandomCheckpoint(setup.model(tokens), seed, 0.05));
    }

    private TinyLm(PretrainSetup setup, Checkpoint checkpoint) {
        this.setup = setup;
        this.decoder = new TrainableDecoder(Torch.manager(DeviceChoice.AUTO), checkpoint, false);
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
        return train(new PretrainTask(decoder, data.corpus(), setup.shape(), plan, setup.batch(), seed), config);
    }

    /** Trains all parameters on something. */
    public History train(TrainingTask task, TrainConfig config) {
        return trainer(config).run(task);
    }

    /** A trainer of all parameters. */
    public Trainer trainer(TrainConfig config) {
        return new Trainer(parameters, config);
    }

    /** Writes the parameters as safetensors in bf16, under their Hugging Face names. */
    public void save(Path file) {
        SafetensorsWriter writer = new SafetensorsWriter();
        decoder.parameters()
                .forEach((name, p) ->
                        writer.add(name, TensorType.BF16, p.getShape().getShape(), p::toFloatArray));
        writer.write(file);
    }

    /** A model of a setup with the parameters of a file; one of another shape is refused. */
    public static TinyLm load(PretrainSetup setup, int tokens, Path file) {
        RandomCheckpoint base = new RandomCheckpoint(setup.model(tokens), 0, 0.05);
        ChangedCheckpoint saved = new ChangedCheckpoint(base);
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
            for (String name : base.names()) {
                if (!Arrays.equals(weights.shapes().get(name), base.tensor(name).shape())) {
                    throw new BadInputException(file + " holds another model (" + name
                            + " differs); take the setup that it was trained with.");
                }
                StoredTensor tensor = weights.tensor(name);
                float[] values = new float[Math.toIntExact(tensor.elements())];
                Dequantizer.toFloats(tensor, 0, values, 0, values.length);
                saved.put(name, () -> values);
            }
            return new TinyLm(setup, saved);
        }
    }

    @Override
    public void close() {
        parameters.close();
        decoder.close();
    }
}

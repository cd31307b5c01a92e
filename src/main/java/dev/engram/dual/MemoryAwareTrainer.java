package dev.engram.dual;

import dev.engram.model.BadInputException;
import dev.engram.train.History;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Trains LMCODE by the seed's settings: passes over a dataset with replay, consolidation of the model's own long-term stores every so
 * many updates, an evaluation after each pass, and the best state kept in a folder.
 *
 * <p>The loss comes from memories that begin empty with each batch. The model's own stores are what {@link Lmcode#sharedState} writes.
 * Differs from the seed in the rate after the warm-up, which stays at its peak: the seed does not name a curve.
 *
 * <pre>{@code
 * MemoryAwareTrainer trainer = new MemoryAwareTrainer(model, TrainerConfig.defaults());
 * MemoryAwareTrainer.Result result = trainer.train(dataset, 10, 32, held);
 * trainer.saveCheckpoint(Path.of("best_model"));
 * }</pre>
 */
public final class MemoryAwareTrainer {
    /** The seed's {@code consolidate_memories(threshold=0.1)}. */
    static final double THRESHOLD = 0.1;

    private final Lmcode model;
    private final TrainerConfig config;
    private Path best;

    /**
     * One pass over the data.
     *
     * @param epoch from 1
     * @param step updates so far
     * @param evaluation on the held-out texts; null where there are none
     */
    public record Epoch(int epoch, int step, Evaluation evaluation) {}

    /**
     * A finished run.
     *
     * @param history step by step
     * @param epochs pass by pass
     * @param bestEpoch the pass with the lowest held-out loss; 0 without held-out texts
     * @param consolidations how often consolidation was due
     * @param peakRate largest learning rate that an update had
     */
    public record Result(History history, List<Epoch> epochs, int bestEpoch, int consolidations, double peakRate) {}

    public MemoryAwareTrainer(Lmcode model, TrainerConfig config) {
        this.model = model;
        this.config = config;
    }

    /** Saves the model into this folder after every pass that was better than all before. */
    public MemoryAwareTrainer keepBest(Path folder) {
        best = folder;
        return this;
    }

    /**
     * Trains for some passes, or until total_steps.
     *
     * @param evalDataset held-out texts; null for none
     */
    public Result train(MemoryDataset dataset, int numEpochs, int batchSize, List<Sample> evalDataset) {
        if (numEpochs < 1 || batchSize < 1) {
            throw new BadInputException("The training has " + numEpochs + " epochs and batches of " + batchSize
                    + "; both must be 1 or more.");
        }
        int perEpoch = dataset.stepsPerEpoch(batchSize);
        int steps = Math.min(config.totalSteps(), Math.multiplyExact(numEpochs, perEpoch));
        List<Epoch> epochs = new ArrayList<>();
        int[] fired = {0};
        int[] bestEpoch = {0};
        double[] lowest = {Double.POSITIVE_INFINITY};
        MemoryTask task = new MemoryTask(
                model, step -> dataset.batch(step, batchSize), dataset.fingerprint() + ", batch " + batchSize);
        History history = new Trainer(model, settings(steps))
                .onStep(e -> {
                    int done = e.step() + 1;
                    if (done % config.memoryConsolidationInterval() == 0) {
                        model.layers().forEach(l -> l.longTermMemory().consolidate(THRESHOLD, Reading.DISTANCE_BELOW));
                        fired[0]++;
                    }
                    if (done % perEpoch == 0 || done == steps) {
                        Evaluation held = evalDataset == null
                                ? null
                                : Evaluation.of(
                                        model, evalDataset, model.config().memories());
                        epochs.add(new Epoch((done + perEpoch - 1) / perEpoch, done, held));
                        if (held != null && held.loss() < lowest[0]) {
                            lowest[0] = held.loss();
                            bestEpoch[0] = epochs.size();
                            if (best != null) {
                                model.save(best);
                            }
                        }
                    }
                })
                .run(task);
        double peak = history.entries().stream()
                .mapToDouble(History.Entry::rate)
                .max()
                .orElse(0);
        return new Result(history, List.copyOf(epochs), bestEpoch[0], fired[0], peak);
    }

    /** A run that ends inside the warm-up rises on the same line as one that does not. */
    private TrainConfig settings(int steps) {
        int rise = Math.min(steps, config.warmupSteps());
        double reached = rise == config.warmupSteps() ? 1 : (double) rise / config.warmupSteps();
        return TrainConfig.of(steps, config.learningRate() * reached)
                .withName("LMCODE")
                .withWeightDecay(config.weightDecay())
                .withMaxGradNorm(config.gradientClip())
                .withSchedule(Schedule.constant(rise));
    }

    /** Writes the model as it is now; {@link Lmcode#load} opens it. */
    public void saveCheckpoint(Path folder) {
        model.save(folder);
    }
}

package dev.engram.train;

import dev.engram.model.BadInputException;
import java.nio.file.Path;

/**
 * How a run trains.
 *
 * @param name what the progress line says
 * @param steps updates of the parameters
 * @param accumulation micro-batches per update
 * @param learningRate peak of the schedule
 * @param schedule its course
 * @param adamw the optimiser's other settings
 * @param maxGradNorm gradients are scaled down to this norm over all parameters; 0 for no limit
 * @param checkpoints where and how often the state is saved
 * @param earlyStop when to end before the last step; null for never
 * @param watch what to do when the run diverges
 */
public record TrainConfig(
        String name,
        int steps,
        int accumulation,
        double learningRate,
        Schedule schedule,
        AdamWConfig adamw,
        double maxGradNorm,
        Checkpointing checkpoints,
        EarlyStop earlyStop,
        DivergenceWatch watch) {

    /**
     * Where and how often the state is saved.
     *
     * @param folder of this run alone; null keeps the last state in memory, for rollbacks only
     * @param every steps between two checkpoints
     * @param keep how many are kept
     */
    public record Checkpointing(Path folder, int every, int keep) {
        public Checkpointing {
            if (every < 1 || keep < 1) {
                throw new BadInputException("Checkpoints are to be written every " + every + " steps and " + keep
                        + " of them kept; both must be 1 or more.");
            }
        }
    }

    public TrainConfig {
        if (steps < 1) {
            throw new BadInputException("The run has " + steps + " steps; give 1 or more.");
        }
        if (accumulation < 1) {
            throw new BadInputException("The accumulation is " + accumulation + "; give 1 or more micro-batches.");
        }
        if (!(learningRate > 0 && learningRate < 10)) {
            throw new BadInputException(
                    "The learning rate is " + learningRate + "; give a number above 0, such as 1e-3 for LoRA.");
        }
        if (!(maxGradNorm >= 0)) {
            throw new BadInputException("maxGradNorm is " + maxGradNorm + "; give a positive norm, or 0 for no limit.");
        }
        schedule.requireFit(steps);
    }

    /** Constant rate, AdamW without decay, clipping at norm 1, no files. */
    public static TrainConfig of(int steps, double learningRate) {
        return new TrainConfig(
                "Training",
                steps,
                1,
                learningRate,
                Schedule.constant(0),
                AdamWConfig.defaults(),
                1,
                new Checkpointing(null, 50, 2),
                null,
                DivergenceWatch.defaults());
    }

    public TrainConfig withName(String n) {
        return new TrainConfig(
                n, steps, accumulation, learningRate, schedule, adamw, maxGradNorm, checkpoints, earlyStop, watch);
    }

    public TrainConfig withAccumulation(int a) {
        return new TrainConfig(
                name, steps, a, learningRate, schedule, adamw, maxGradNorm, checkpoints, earlyStop, watch);
    }

    public TrainConfig withSchedule(Schedule s) {
        return new TrainConfig(
                name, steps, accumulation, learningRate, s, adamw, maxGradNorm, checkpoints, earlyStop, watch);
    }

    public TrainConfig withAdamW(AdamWConfig a) {
        return new TrainConfig(
                name, steps, accumulation, learningRate, schedule, a, maxGradNorm, checkpoints, earlyStop, watch);
    }

    public TrainConfig withWeightDecay(double decay) {
        return withAdamW(new AdamWConfig(adamw.beta1(), adamw.beta2(), adamw.epsilon(), decay));
    }

    public TrainConfig withMaxGradNorm(double norm) {
        return new TrainConfig(
                name, steps, accumulation, learningRate, schedule, adamw, norm, checkpoints, earlyStop, watch);
    }

    /** Saves the state under {@code folder}, which belongs to this run alone; a later run there goes on where it ended. */
    public TrainConfig withCheckpoints(Path folder, int every, int keep) {
        return new TrainConfig(
                name,
                steps,
                accumulation,
                learningRate,
                schedule,
                adamw,
                maxGradNorm,
                new Checkpointing(folder, every, keep),
                earlyStop,
                watch);
    }

    public TrainConfig withEarlyStop(EarlyStop stop) {
        return new TrainConfig(
                name, steps, accumulation, learningRate, schedule, adamw, maxGradNorm, checkpoints, stop, watch);
    }

    public TrainConfig withWatch(DivergenceWatch w) {
        return new TrainConfig(
                name, steps, accumulation, learningRate, schedule, adamw, maxGradNorm, checkpoints, earlyStop, w);
    }

    /** The rate of a step, before any rollback. */
    public double rate(int step) {
        return learningRate * schedule.factor(step, steps);
    }

    /** The settings on which the numbers of a run depend. */
    String identity() {
        return "steps " + steps + ", accumulation " + accumulation + ", learning rate " + learningRate + ", " + schedule
                + ", " + adamw + ", maxGradNorm " + maxGradNorm;
    }
}

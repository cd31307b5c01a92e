package dev.engram.dual;

import dev.engram.model.BadInputException;
import dev.engram.train.DivergenceWatch;
import dev.engram.train.History;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The seed's advice against loss spikes and NaN, tried: the update rate at 0.01 and 0.001, clipping on and off, at learning rates that
 * are too high. Nothing goes back to an earlier state here, so that faults show.
 *
 * @param task what is learned
 * @param steps updates
 * @param batch texts of an update
 */
public record StabilityExperiment(AssociativeRecall task, int steps, int batch) {
    private static final double SPIKE = 1.2;
    private static final int WINDOW = 8;

    /**
     * One run.
     *
     * @param largestNorm of the gradient, before clipping
     * @param spikes updates whose loss is above 1.2 times the mean of the 8 before
     * @param stopped why the run ended early; empty where it did not
     * @param lastLoss mean of the last 8 updates
     */
    public record Row(
            double updateRate,
            double gradientClip,
            double learningRate,
            long seed,
            int steps,
            double largestNorm,
            int spikes,
            String stopped,
            double lastLoss) {}

    /** 4 pairs, 60 updates. */
    public static StabilityExperiment quick() {
        return new StabilityExperiment(new AssociativeRecall(32, 16, 4, 1, 8), 60, 16);
    }

    public static StabilityExperiment full() {
        return new StabilityExperiment(new AssociativeRecall(32, 16, 4, 1, 8), 400, 16);
    }

    /**
     * Trains both memories.
     *
     * @param updateRate η
     * @param gradientClip 0 for none
     */
    public Row run(double updateRate, double gradientClip, double learningRate, long seed) {
        LmcodeConfig config = LmcodeConfig.tiny(task.vocab(), task.window()).withUpdateRate(updateRate);
        TrainConfig training = TrainConfig.of(steps, learningRate)
                .withName("Stability, eta " + updateRate + ", clip " + gradientClip + ", rate " + learningRate)
                .withMaxGradNorm(gradientClip)
                .withSchedule(Schedule.constant(0))
                .withWatch(new DivergenceWatch(1e9, 0, 1));
        List<History.Entry> seen = new ArrayList<>();
        String stopped = "";
        try (Lmcode model = Lmcode.create(config, seed)) {
            MemoryTask learning = new MemoryTask(
                    model,
                    step -> IntStream.range(0, batch)
                            .mapToObj(i -> task.sample(seed, (long) step * batch + i))
                            .toList(),
                    "");
            new Trainer(model, training).onStep(seen::add).run(learning);
        } catch (BadInputException e) {
            stopped = e.getMessage();
        }
        double norm =
                seen.stream().mapToDouble(History.Entry::gradientNorm).max().orElse(Double.NaN);
        return new Row(
                updateRate,
                gradientClip,
                learningRate,
                seed,
                seen.size(),
                norm,
                spikes(seen),
                stopped,
                mean(seen, seen.size()));
    }

    private static int spikes(List<History.Entry> seen) {
        return (int) IntStream.range(WINDOW, seen.size())
                .filter(i -> seen.get(i).loss() > SPIKE * mean(seen, i))
                .count();
    }

    /** Mean loss of the updates before this one. */
    private static double mean(List<History.Entry> seen, int end) {
        return seen.subList(Math.max(0, end - WINDOW), end).stream()
                .mapToDouble(History.Entry::loss)
                .average()
                .orElse(Double.NaN);
    }
}

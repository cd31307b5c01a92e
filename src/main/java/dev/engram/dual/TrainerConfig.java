package dev.engram.dual;

import dev.engram.model.BadInputException;
import java.util.Map;
import java.util.TreeSet;

/**
 * Settings of {@link MemoryAwareTrainer} with the names and defaults of the seed.
 *
 * @param learningRate rate after the warm-up
 * @param weightDecay AdamW's, on matrices
 * @param gradientClip norm over all parameters; 0 for no limit
 * @param memoryConsolidationInterval updates between two consolidations of the model's long-term stores
 * @param warmupSteps updates in which the rate rises from 0; after them it stays at its peak
 * @param totalSteps limit of a run's updates
 */
public record TrainerConfig(
        double learningRate,
        double weightDecay,
        double gradientClip,
        int memoryConsolidationInterval,
        int warmupSteps,
        int totalSteps) {

    public TrainerConfig {
        check(learningRate > 0 && learningRate < 10, "learning_rate", learningRate, "a number above 0, such as 1e-4");
        check(weightDecay >= 0 && weightDecay < 1, "weight_decay", weightDecay, "0 or more, below 1");
        check(gradientClip >= 0, "gradient_clip", gradientClip, "a positive norm, or 0 for no limit");
        check(
                memoryConsolidationInterval > 0,
                "memory_consolidation_interval",
                memoryConsolidationInterval,
                "1 or more updates");
        check(warmupSteps >= 0, "warmup_steps", warmupSteps, "0 or more updates");
        check(totalSteps > 0 && totalSteps >= warmupSteps, "total_steps", totalSteps, "warmup_steps or more");
    }

    /** 1e-4, 0.01, 1.0, 1000, 1000, 10000. */
    public static TrainerConfig defaults() {
        return new TrainerConfig(1e-4, 0.01, 1.0, 1000, 1000, 10_000);
    }

    /** The seed's dictionary; what is left out keeps its default. */
    public static TrainerConfig of(Map<String, ? extends Number> settings) {
        TrainerConfig d = defaults();
        TreeSet<String> names = new TreeSet<>(java.util.List.of(
                "learning_rate",
                "weight_decay",
                "gradient_clip",
                "memory_consolidation_interval",
                "warmup_steps",
                "total_steps"));
        settings.keySet().forEach(name -> {
            if (!names.contains(name)) {
                throw new BadInputException("The trainer has no setting " + name + "; it has " + names + ".");
            }
        });
        return new TrainerConfig(
                number(settings, "learning_rate", d.learningRate),
                number(settings, "weight_decay", d.weightDecay),
                number(settings, "gradient_clip", d.gradientClip),
                (int) number(settings, "memory_consolidation_interval", d.memoryConsolidationInterval),
                (int) number(settings, "warmup_steps", d.warmupSteps),
                (int) number(settings, "total_steps", d.totalSteps));
    }

    private static double number(Map<String, ? extends Number> settings, String name, double otherwise) {
        Number n = settings.get(name);
        return n == null ? otherwise : n.doubleValue();
    }

    private static void check(boolean ok, String name, double value, String remedy) {
        if (!ok) {
            String shown = value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
            throw new BadInputException(name + " is " + shown + "; give " + remedy + ".");
        }
    }

    /** The rate of an update, from 0. */
    public double rate(int step) {
        return learningRate * Math.min(1, warmupSteps == 0 ? 1 : (double) step / warmupSteps);
    }

    /** How often consolidation is due in a run. */
    public int consolidations(int steps) {
        return steps / memoryConsolidationInterval;
    }
}

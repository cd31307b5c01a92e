package dev.engram.train;

/**
 * Settings of {@link Dpo}.
 *
 * @param lora the adapter
 * @param train steps, rate, schedule, checkpoints
 * @param batch pairs of a micro-batch
 * @param beta how strongly the model is held to the reference
 * @param seed of the adapter's first values and the order of the pairs
 */
public record DpoConfig(LoraConfig lora, TrainConfig train, int batch, double beta, long seed) {

    /** Rank 16 and alpha 32 on all linears, rate 2e-4 with warm-up and a linear fall, 4 pairs a step, beta 0.1. */
    public static DpoConfig of(int steps) {
        TrainConfig train = TrainConfig.of(steps, 2e-4)
                .withName("Preferences")
                .withSchedule(Schedule.linear(Math.min(8, steps / 4)));
        return new DpoConfig(LoraConfig.of(16), train, 4, 0.1, 1);
    }

    public DpoConfig withTrain(TrainConfig t) {
        return new DpoConfig(lora, t, batch, beta, seed);
    }

    public DpoConfig withBeta(double b) {
        return new DpoConfig(lora, train, batch, b, seed);
    }

    public DpoConfig withSeed(long s) {
        return new DpoConfig(lora, train, batch, beta, s);
    }
}

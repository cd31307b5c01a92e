package dev.engram.train;

/**
 * Settings of {@link Sft}.
 *
 * @param lora the adapter
 * @param train steps, rate, schedule, checkpoints
 * @param batch examples of a micro-batch
 * @param maxTokens longer examples are left out
 * @param rehearsal what keeps the rest as it was, or null
 * @param seed of the adapter's first values, the order of the data and the samples
 */
public record SftConfig(LoraConfig lora, TrainConfig train, int batch, int maxTokens, Rehearsal rehearsal, long seed) {

    /**
     * What teaches the default model some dozens of facts: rank 16 and alpha 32 on all linears, rate 1e-3 with 8 steps of warm-up and
     * a linear fall, 8 examples of at most 256 tokens a step, rehearsal on.
     */
    public static SftConfig of(int steps) {
        TrainConfig train = TrainConfig.of(steps, 1e-3)
                .withName("Fine-tuning")
                .withSchedule(Schedule.linear(Math.min(8, steps / 4)));
        return new SftConfig(LoraConfig.of(16), train, 8, 256, Rehearsal.defaults(), 1);
    }

    public SftConfig withLora(LoraConfig l) {
        return new SftConfig(l, train, batch, maxTokens, rehearsal, seed);
    }

    public SftConfig withTrain(TrainConfig t) {
        return new SftConfig(lora, t, batch, maxTokens, rehearsal, seed);
    }

    public SftConfig withBatch(int rows) {
        return new SftConfig(lora, train, rows, maxTokens, rehearsal, seed);
    }

    /** @param r null for no rehearsal */
    public SftConfig withRehearsal(Rehearsal r) {
        return new SftConfig(lora, train, batch, maxTokens, r, seed);
    }

    public SftConfig withSeed(long s) {
        return new SftConfig(lora, train, batch, maxTokens, rehearsal, s);
    }
}

package dev.engram.explicit.pretrain;

import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;

/**
 * A tiny model and how it is pretrained.
 *
 * @param worlds invented worlds of 1,630 facts each that the training texts are about
 * @param vocabulary tokens
 * @param layers of the decoder
 * @param hidden width
 * @param steps updates of all stages together
 * @param batch texts of an update
 * @param learningRate peak
 * @param shape how texts read
 * @param tested held-out texts, and as many questions
 */
public record PretrainSetup(
        int worlds,
        int vocabulary,
        int layers,
        int hidden,
        int steps,
        int batch,
        double learningRate,
        MemoryShape shape,
        int tested) {

    /** What a minute on one thread allows: 181,000 parameters, half a million tokens. */
    public static PretrainSetup quick() {
        return new PretrainSetup(6, 512, 4, 64, 600, 12, 6e-3, MemoryShape.tiny(), 96);
    }

    /** The same model and run, tested on more. */
    public static PretrainSetup full() {
        return quick().withTested(256);
    }

    public PretrainSetup withSteps(int n) {
        return new PretrainSetup(worlds, vocabulary, layers, hidden, n, batch, learningRate, shape, tested);
    }

    public PretrainSetup withShape(MemoryShape s) {
        return new PretrainSetup(worlds, vocabulary, layers, hidden, steps, batch, learningRate, s, tested);
    }

    public PretrainSetup withTested(int n) {
        return new PretrainSetup(worlds, vocabulary, layers, hidden, steps, batch, learningRate, shape, n);
    }

    public PretrainSetup withWorlds(int n) {
        return new PretrainSetup(n, vocabulary, layers, hidden, steps, batch, learningRate, shape, tested);
    }

    /** The decoder: two query heads share a key/value head as in the paper; norms on q and k, without which reading is learned later. */
    public LmConfig model(int tokens) {
        return new LmConfig(
                LmConfig.Family.QWEN3,
                layers,
                hidden,
                4,
                2,
                hidden / 4,
                2 * hidden,
                tokens,
                512,
                1e-5,
                Positions.rope(10000),
                true,
                false,
                true);
    }

    /** Warm-up over a twentieth, constant, and a fall over the last fifth; weight decay 0.1 (paper, section 3.5; seed 4.1). */
    public TrainConfig training(String name) {
        return TrainConfig.of(steps, learningRate)
                .withName(name)
                .withSchedule(Schedule.warmupStableDecay(steps / 20, steps / 5))
                .withWeightDecay(0.1);
    }
}

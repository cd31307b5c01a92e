package dev.engram.dual;

import dev.engram.model.BadInputException;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Two languages one after the other: a model learns Markov chain A, then chain B on the same tokens, with or without memories and with
 * or without replay of A. Every arm makes the same number of updates with batches of the same size.
 *
 * <pre>{@code
 * ForgettingExperiment experiment = ForgettingExperiment.quick();
 * ForgettingExperiment.Row row = experiment.run(Memories.BOTH, 0.01, 0.2, 1);   // memories, eta, replay, seed
 * row.forgotten();                                                             // nats that A became worse
 * }</pre>
 *
 * @param vocab tokens of both languages
 * @param length tokens of a text
 * @param window tokens of a segment
 * @param steps updates on each language
 * @param batch texts of an update
 * @param rate peak learning rate of each half
 * @param held held-out texts of each language
 */
public record ForgettingExperiment(int vocab, int length, int window, int steps, int batch, double rate, int held) {
    /**
     * One arm.
     *
     * @param lossABefore of A after A was learned, nats a token on held-out texts
     * @param lossA of A at the end
     * @param lossB of B at the end
     * @param entropy what a model pays that knows a chain
     */
    public record Row(
            Memories memories,
            double updateRate,
            double replay,
            long seed,
            double lossABefore,
            double lossA,
            double lossB,
            double entropy) {
        /** Nats by which A became worse while B was learned. */
        public double forgotten() {
            return lossA - lossABefore;
        }
    }

    public ForgettingExperiment {
        if (steps < 1 || batch < 1 || held < 1) {
            throw new BadInputException("The experiment has " + steps + " steps, batches of " + batch + " and " + held
                    + " held-out texts; all must be 1 or more.");
        }
    }

    /** 24 tokens, texts of 32 in two segments. */
    public static ForgettingExperiment quick() {
        return new ForgettingExperiment(24, 32, 16, 60, 16, 3e-3, 64);
    }

    public static ForgettingExperiment full() {
        return new ForgettingExperiment(24, 32, 16, 300, 16, 3e-3, 128);
    }

    /** Trains one arm on both languages. */
    public Row run(Memories memories, double updateRate, double replay, long seed) {
        SyntheticTexts.Markov a = new SyntheticTexts.Markov(vocab, 2 * seed);
        SyntheticTexts.Markov b = new SyntheticTexts.Markov(vocab, 2 * seed + 1);
        List<Sample> textsA = a.texts(steps * batch, length, window, seed);
        List<Sample> textsB = b.texts(steps * batch, length, window, seed);
        List<Sample> heldA = a.texts(held, length, window, seed + 1_000_003);
        List<Sample> heldB = b.texts(held, length, window, seed + 1_000_003);
        LmcodeConfig config =
                LmcodeConfig.tiny(vocab, window).withMemories(memories).withUpdateRate(updateRate);
        int replayed = (int) Math.round(replay * batch);
        try (Lmcode model = Lmcode.create(config, seed)) {
            String name = memories + ", replay " + replay + ", seed " + seed;
            learn(model, "A, " + name, step -> textsA.subList(step * batch, (step + 1) * batch));
            double before = Evaluation.of(model, heldA, memories).loss();
            learn(model, "B, " + name, step -> {
                List<Sample> rows =
                        new ArrayList<>(textsB.subList(step * (batch - replayed), (step + 1) * (batch - replayed)));
                SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
                IntStream.range(0, replayed).forEach(i -> rows.add(textsA.get(random.nextInt(textsA.size()))));
                return rows;
            });
            return new Row(
                    memories,
                    updateRate,
                    replay,
                    seed,
                    before,
                    Evaluation.of(model, heldA, memories).loss(),
                    Evaluation.of(model, heldB, memories).loss(),
                    a.entropy());
        }
    }

    private void learn(Lmcode model, String name, MemoryTask.Batches batches) {
        TrainConfig config = TrainConfig.of(steps, rate)
                .withName("Forgetting, " + name)
                .withSchedule(Schedule.linear(Math.min(20, steps / 4)));
        new Trainer(model, config).run(new MemoryTask(model, batches, name));
    }
}

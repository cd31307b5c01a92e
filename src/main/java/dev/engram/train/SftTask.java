package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Adapter;
import dev.engram.model.BadInputException;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Supervised fine-tuning: cross-entropy of the labelled tokens, and if wanted the rehearsal of what the base said,
 * {@code weight · KL(base || model)}.
 *
 * <p>Differs from TRL's SFTTrainer in that logits are made at labelled places only, which changes no number, and in that rehearsal
 * is there. A micro-batch's KL term counts with the micro-batch: it is weighted by labels as the rest is.
 */
public final class SftTask implements TrainingTask {
    private final TrainableDecoder decoder;
    private final Supplier<Adapter> adapter;
    private final Batches data;
    private final int accumulation;
    private final Replay replay;
    private final double weight;
    private Map<String, Double> parts = Map.of();

    /**
     * Without rehearsal.
     *
     * @param adapter asked for at every micro-batch; null where the decoder's own weights learn
     * @param accumulation micro-batches a step, as the run's {@link TrainConfig} says
     */
    public SftTask(TrainableDecoder decoder, Supplier<Adapter> adapter, Batches data, int accumulation) {
        this(decoder, adapter, data, accumulation, null, 0);
    }

    private SftTask(
            TrainableDecoder decoder,
            Supplier<Adapter> adapter,
            Batches data,
            int accumulation,
            Replay replay,
            double weight) {
        this.decoder = decoder;
        this.adapter = adapter == null ? () -> null : adapter;
        this.data = data;
        this.accumulation = accumulation;
        this.replay = replay;
        this.weight = weight;
    }

    /** The same with rehearsal in every micro-batch. @param klWeight 2 keeps the default model's perplexity while it learns 40 facts */
    public SftTask withReplay(Replay samples, double klWeight) {
        if (!(klWeight > 0)) {
            throw new BadInputException(
                    "The weight of the KL term is " + klWeight + "; give a positive one, or leave the replay out.");
        }
        return new SftTask(decoder, adapter, data, accumulation, samples, klWeight);
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        Batch batch = data.batch(number(step, micro));
        NDArray logits =
                decoder.logits(scope, Forward.hidden(scope, decoder, adapter.get(), batch)); // [1, learned, vocab]
        NDArray answers = decoder.crossEntropy(scope, logits, new int[][] {batch.learnedTargets()});
        if (replay == null) {
            return answers;
        }
        NDArray kl = replay.divergence(scope, adapter.get(), number(step, micro));
        Map<String, Double> now = new LinkedHashMap<>();
        now.put("answers", (double) answers.getFloat());
        now.put("kl", (double) kl.getFloat());
        parts = now;
        return answers.add(Tape.times(scope, kl, weight));
    }

    private long number(int step, int micro) {
        return (long) step * accumulation + micro;
    }

    @Override
    public int labels(int step, int micro) {
        return data.batch(number(step, micro)).learned().length;
    }

    @Override
    public int tokens(int step, int micro) {
        int rehearsed = replay == null ? 0 : replay.tokens(number(step, micro));
        return data.batch(number(step, micro)).tokens() + rehearsed;
    }

    @Override
    public Map<String, Double> parts() {
        return parts;
    }

    @Override
    public String fingerprint() {
        return "sft " + data.fingerprint() + (replay == null ? "" : ", kl " + weight + " " + replay.fingerprint());
    }
}

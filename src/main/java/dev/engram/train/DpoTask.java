package dev.engram.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Adapter;
import dev.engram.model.BadInputException;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Direct preference optimisation (Rafailov et al. 2023): the loss of a pair is −log σ(β (Δ − Δ₀)), where Δ is by how much the chosen
 * answer's summed log-probability exceeds the rejected one's, and Δ₀ the same under the reference. The reference is the
 * same weights without the adapter; its numbers are computed once, so it costs no second model. Loss "sigmoid" of TRL, without
 * label smoothing.
 */
public final class DpoTask implements TrainingTask {
    /** Two answers to one prompt; only their own tokens are labelled. */
    public record Pair(Example chosen, Example rejected) {
        public Pair {
            if (chosen.learned() == 0 || rejected.learned() == 0) {
                throw new BadInputException(
                        "A preference pair has an answer without labelled tokens; label both answers.");
            }
        }

        int tokens() {
            return Math.max(chosen.tokens(), rejected.tokens());
        }
    }

    private final TrainableDecoder decoder;
    private final Supplier<Adapter> adapter;
    private final List<Pair> pairs;
    private final double[] reference;
    private final Order order;
    private final int accumulation;
    private final int pad;
    private final double beta;
    private Map<String, Double> parts = Map.of();

    /**
     * Computes the reference.
     *
     * @param decoder its own weights are the reference, and stay frozen
     * @param adapter what learns
     * @param size pairs of a micro-batch
     * @param accumulation micro-batches a step, as the run's {@link TrainConfig} says
     * @param beta how strongly the model is held to the reference; 0.1 is usual
     */
    public DpoTask(
            TrainableDecoder decoder,
            Supplier<Adapter> adapter,
            List<Pair> pairs,
            int size,
            int accumulation,
            double beta,
            int pad,
            long seed) {
        if (!(beta > 0)) {
            throw new BadInputException("beta is " + beta + "; give a positive number, such as 0.1.");
        }
        this.decoder = decoder;
        this.adapter = adapter;
        this.pairs = List.copyOf(pairs);
        this.order = new Order(pairs.size(), size, seed);
        this.accumulation = accumulation;
        this.beta = beta;
        this.pad = pad;
        this.reference = margins(null);
    }

    /**
     * By how much each chosen answer's log-probability exceeds the rejected one's, in nats, under an adapter or (null) the
     * reference.
     */
    private double[] margins(Adapter with) {
        double[] margins = new double[pairs.size()];
        int p = 0;
        for (Pair pair : Progress.over("Preference pairs", pairs)) {
            try (NDManager scope = decoder.newScope()) {
                margins[p++] = margin(scope, List.of(pair), with).toFloatArray()[0];
            }
        }
        return margins;
    }

    /** Implicit rewards of all pairs, β (Δ − Δ₀), in their order: positive where the model prefers the chosen answer more than the reference does. */
    public double[] rewards() {
        double[] now = margins(adapter.get());
        for (int p = 0; p < now.length; p++) {
            now[p] = beta * (now[p] - reference[p]);
        }
        return now;
    }

    /** Margin of each pair, [pairs, 1]. */
    private NDArray margin(NDManager scope, List<Pair> some, Adapter with) {
        List<Example> rows = new ArrayList<>();
        some.forEach(p -> rows.add(p.chosen()));
        some.forEach(p -> rows.add(p.rejected()));
        Batch batch = Batch.of(rows, pad);
        NDArray logprobs = Forward.logprobs(scope, decoder, with, batch); // [1, learned]
        int n = batch.learned().length;
        float[] signs = new float[some.size() * n]; // which tokens belong to which pair: + chosen, − rejected
        int at = 0;
        for (int r = 0; r < rows.size(); r++) {
            for (int t = 0; t < rows.get(r).learned(); t++) {
                signs[r % some.size() * n + at++] = r < some.size() ? 1 : -1;
            }
        }
        return scope.create(signs, new Shape(some.size(), n)).matMul(logprobs.reshape(n, 1));
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        int[] chosen = order.at(number(step, micro));
        List<Pair> some = new ArrayList<>();
        float[] before = new float[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            some.add(pairs.get(chosen[i]));
            before[i] = (float) reference[chosen[i]];
        }
        NDArray gain = margin(scope, some, adapter.get()).sub(scope.create(before, new Shape(before.length, 1)));
        NDArray reward = Tape.times(scope, gain, beta); // [pairs, 1]
        note(reward.toFloatArray());
        return reward.neg().getNDArrayInternal().softPlus().mean(); // −log σ(x) = softplus(−x)
    }

    private void note(float[] rewards) {
        double sum = 0;
        double right = 0;
        for (float r : rewards) {
            sum += r;
            right += r > 0 ? 1 : 0;
        }
        Map<String, Double> now = new LinkedHashMap<>();
        now.put("reward_margin", sum / rewards.length);
        now.put("reward_accuracy", right / rewards.length);
        parts = now;
    }

    private long number(int step, int micro) {
        return (long) step * accumulation + micro;
    }

    @Override
    public int labels(int step, int micro) {
        return order.at(number(step, micro)).length; // the mean is over pairs
    }

    @Override
    public int tokens(int step, int micro) {
        int tokens = 0;
        for (int p : order.at(number(step, micro))) {
            tokens += pairs.get(p).chosen().tokens() + pairs.get(p).rejected().tokens();
        }
        return tokens;
    }

    @Override
    public Map<String, Double> parts() {
        return parts;
    }

    @Override
    public String fingerprint() {
        return "dpo beta " + beta + " " + order + " data "
                + Example.fingerprint(pairs.stream()
                        .flatMap(p -> java.util.stream.Stream.of(p.chosen(), p.rejected()))
                        .toList());
    }
}

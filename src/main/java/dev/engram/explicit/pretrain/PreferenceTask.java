package dev.engram.explicit.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.Tape;
import dev.engram.model.TrainableDecoder;
import dev.engram.train.TrainingTask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Direct preference optimisation with memories (paper, section 4; seed 4.3): −log σ(β (Δ − Δ₀)), where Δ is by how much the summed
 * log-probability of the value that the reference tells exceeds that of another entity's. Δ₀ is the same before the first step: the
 * reference model, which the seed's code leaves out.
 */
public final class PreferenceTask implements TrainingTask {
    private final TrainableDecoder decoder;
    private final MemoryShape shape;
    private final List<Question> questions;
    private final Reads reads;
    private final double beta;
    private final int batch;
    private final long seed;
    private final double[] reference;
    private Map<String, Double> parts = Map.of();

    /**
     * Computes the reference model's margins with the decoder as it is now.
     *
     * @param beta how strongly the model is held to the reference; the paper's is 0.01
     */
    public PreferenceTask(
            TrainableDecoder decoder,
            MemoryShape shape,
            List<Question> questions,
            Reads reads,
            double beta,
            int batch,
            long seed) {
        if (!(beta > 0)) {
            throw new BadInputException("beta is " + beta + "; give a positive number, such as 0.01.");
        }
        this.decoder = decoder;
        this.shape = shape;
        this.questions = List.copyOf(questions);
        this.reads = reads;
        this.beta = beta;
        this.batch = batch;
        this.seed = seed;
        this.reference = margins(decoder, shape, questions, reads);
    }

    /** By how much each right answer's log-probability exceeds the rejected one's, in nats. */
    public static double[] margins(TrainableDecoder decoder, MemoryShape shape, List<Question> questions, Reads reads) {
        double[] all = new double[questions.size()];
        for (int at = 0; at < all.length; at += 16) {
            List<Question> some = questions.subList(at, Math.min(all.length, at + 16));
            try (NDManager scope = decoder.newScope()) {
                float[] found = margin(scope, decoder, shape, some, reads).toFloatArray();
                for (int i = 0; i < found.length; i++) {
                    all[at + i] = found[i];
                }
            }
        }
        return all;
    }

    /** The margins of some questions, [questions, 1], with a graph where one is recorded. */
    private static NDArray margin(
            NDManager scope, TrainableDecoder decoder, MemoryShape shape, List<Question> some, Reads reads) {
        return summed(scope, decoder, ReadBatch.answers(shape, some, reads))
                .sub(summed(scope, decoder, ReadBatch.rejected(shape, some, reads)));
    }

    /** Log-probability of each row's answer, [rows, 1]. */
    private static NDArray summed(NDManager scope, TrainableDecoder decoder, ReadBatch batch) {
        NDArray logprobs = batch.logprobs(scope, decoder); // [1, predicted]
        int[] rows = batch.rows();
        float[] own = new float[batch.ids().length * rows.length];
        IntStream.range(0, rows.length).forEach(i -> own[rows[i] * rows.length + i] = 1);
        NDArray which = scope.create(own, new Shape(batch.ids().length, rows.length));
        return which.matMul(logprobs.reshape(rows.length, 1));
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
        int[] chosen = random.ints(batch, 0, questions.size()).toArray();
        List<Question> some = new ArrayList<>();
        float[] before = new float[batch];
        for (int i = 0; i < batch; i++) {
            some.add(questions.get(chosen[i]));
            before[i] = (float) reference[chosen[i]];
        }
        NDArray gain = margin(scope, decoder, shape, some, reads).sub(scope.create(before, new Shape(batch, 1)));
        Map<String, Double> now = new LinkedHashMap<>();
        now.put("margin_gain", (double) gain.mean().getFloat());
        parts = now;
        return Tape.times(scope, gain, -beta).getNDArrayInternal().softPlus().mean(); // −log σ(x) = softplus(−x)
    }

    @Override
    public Map<String, Double> parts() {
        return parts;
    }

    @Override
    public String fingerprint() {
        return "preferences of " + questions.size() + " questions, beta " + beta + ", " + shape + ", reads "
                + reads.key() + ", batch " + batch + ", seed " + seed;
    }
}

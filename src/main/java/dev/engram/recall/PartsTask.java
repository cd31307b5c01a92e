package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.train.TrainingTask;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A loss of several terms, one micro-batch each, so that only one term's graph is in memory. Train it with {@link #size} as accumulation. */
final class PartsTask implements TrainingTask {
    /** A term and its weight in the sum. */
    record Weighted(Part part, double weight) {}

    private final List<Weighted> parts;
    private final Learner learner;
    private final String fingerprint;
    private final Map<String, Double> log = new TreeMap<>();

    PartsTask(Learner learner, List<Weighted> parts, String fingerprint) {
        this.learner = learner;
        this.parts = List.copyOf(parts);
        this.fingerprint = fingerprint;
    }

    int size() {
        return parts.size();
    }

    @Override
    public NDArray loss(NDManager scope, int step, int micro) {
        Weighted term = parts.get(micro);
        NDArray loss = term.part().loss(scope, step, log);
        // the trainer takes the mean over the micro-batches, the sum is meant
        NDArray factor = scope.create((float) (term.weight() * parts.size()));
        return learner.losses().record(scope, "times", loss, factor).get(0);
    }

    @Override
    public int tokens(int step, int micro) {
        return parts.get(micro).part().tokens();
    }

    @Override
    public Map<String, Double> parts() {
        return log;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }
}

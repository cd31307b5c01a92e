package dev.engram.eval;

import dev.engram.model.Decoder;
import java.util.Arrays;

/** Collects the scores of one policy, chunk by chunk. */
final class ScoreBuilder {
    private final String policy;
    private final int first;
    private final double[][] columns;
    private final double[] layers;
    private int filled;

    ScoreBuilder(String policy, int first, int tokens, int layers) {
        this.policy = policy;
        this.first = first;
        this.columns = new double[7][tokens];
        this.layers = new double[layers];
    }

    void add(Decoder.Comparison c, MassLost.Lost[] lost, long bytes) {
        int tokens = c.kl().length;
        double[] chunk = {Double.NaN, Double.NaN, Double.NaN, bytes};
        if (lost != null) {
            chunk[0] = Arrays.stream(lost)
                    .mapToDouble(MassLost.Lost::share)
                    .average()
                    .orElse(0);
            chunk[1] = Arrays.stream(lost)
                    .mapToDouble(MassLost.Lost::oracle)
                    .average()
                    .orElse(0);
            chunk[2] = Arrays.stream(lost)
                    .mapToDouble(MassLost.Lost::overlap)
                    .average()
                    .orElse(0);
        }
        for (int i = 0; i < layers.length; i++) {
            layers[i] += lost == null ? Double.NaN : lost[i].share() * tokens;
        }
        for (int t = 0; t < tokens; t++) {
            columns[0][filled] = -c.logprobs()[t];
            columns[1][filled] = c.kl()[t];
            columns[2][filled] = c.same()[t];
            for (int k = 0; k < chunk.length; k++) {
                columns[3 + k][filled] = chunk[k];
            }
            filled++;
        }
    }

    Score build(Arm arm) {
        double[] byLayer = Arrays.stream(layers).map(sum -> sum / filled).toArray();
        return new Score(
                policy,
                first,
                columns[0],
                columns[1],
                columns[2],
                columns[3],
                columns[4],
                columns[5],
                columns[6],
                byLayer,
                arm.peak(),
                arm.seconds(),
                arm.policySeconds());
    }
}

package dev.engram.eval;

import dev.engram.model.Decoder;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tech.tablesaw.api.Table;

/**
 * How one policy did on one text. Arrays hold one value per scored token; where the value is known per chunk only (mass,
 * overlap, bytes), its tokens share it.
 *
 * @param policy its name; "full" is the full cache
 * @param first index in the text of the first scored token
 * @param nll negative log-likelihood in nats
 * @param kl KL(full || policy) in nats
 * @param agree 1 where the likeliest token is the full cache's, else 0
 * @param massLost share of the full cache's attention that went to dropped slots, mean over layers and heads
 * @param oracleLost the same for as many slots chosen with knowledge of that attention
 * @param overlap share of the kept slots that this oracle keeps too
 * @param bytes held by the cache after the policy's turn, room for the next tokens included
 * @param massByLayer mass lost per layer, mean over the tokens
 * @param bytesPeak most bytes held at once, before the policy's turn
 * @param seconds wall time of passes and policy; this is no speed measurement, arms take turns
 * @param policySeconds wall time in the policy
 */
public record Score(
        String policy,
        int first,
        double[] nll,
        double[] kl,
        double[] agree,
        double[] massLost,
        double[] oracleLost,
        double[] overlap,
        double[] bytes,
        double[] massByLayer,
        long bytesPeak,
        double seconds,
        double policySeconds) {

    public double meanNll() {
        return mean(nll);
    }

    public double perplexity() {
        return Math.exp(meanNll());
    }

    public double meanKl() {
        return mean(kl);
    }

    /** Share of tokens where the likeliest token is the full cache's. */
    public double agreement() {
        return mean(agree);
    }

    public double meanMassLost() {
        return mean(massLost);
    }

    public double meanOracleLost() {
        return mean(oracleLost);
    }

    public double meanOverlap() {
        return mean(overlap);
    }

    public double bytesNow() {
        return bytes[bytes.length - 1];
    }

    public double bytesAverage() {
        return mean(bytes);
    }

    /** Share of the time that the policy took. */
    public double policyShare() {
        return seconds == 0 ? 0 : policySeconds / seconds;
    }

    static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    /** One line per policy; of several windows, the mean over all their tokens. */
    public record Summary(
            String policy,
            int tokens,
            double perplexity,
            double kl,
            double agreement,
            double massLost,
            double oracleLost,
            double overlap,
            double bytesAverage,
            double bytesPeak,
            double policyShare) {}

    /** One row of a curve: a policy's means over some consecutive tokens of one window. */
    public record Row(
            int window,
            String policy,
            int token,
            int tokens,
            double nll,
            double kl,
            double agreement,
            double massLost,
            double oracleLost,
            double overlap,
            double bytes) {}

    /** A table of {@link Summary}, policies in the order of the first window. */
    public static Table table(List<List<Score>> windows) {
        List<Summary> lines = new ArrayList<>();
        for (Score named : windows.get(0)) {
            List<Score> all = of(windows, named.policy());
            double seconds = all.stream().mapToDouble(Score::seconds).sum();
            double policy = all.stream().mapToDouble(Score::policySeconds).sum();
            lines.add(new Summary(
                    named.policy(),
                    all.stream().mapToInt(s -> s.nll.length).sum(),
                    Math.exp(pooled(all.stream().map(Score::nll).toList())),
                    pooled(all.stream().map(Score::kl).toList()),
                    pooled(all.stream().map(Score::agree).toList()),
                    pooled(all.stream().map(Score::massLost).toList()),
                    pooled(all.stream().map(Score::oracleLost).toList()),
                    pooled(all.stream().map(Score::overlap).toList()),
                    pooled(all.stream().map(Score::bytes).toList()),
                    all.stream().mapToDouble(Score::bytesPeak).max().orElse(0),
                    seconds == 0 ? 0 : policy / seconds));
        }
        return Tables.of("Lock-step with the full cache", lines);
    }

    /** A table of {@link Row}: means over every {@code step} tokens, for curves over depth and for rows.csv. */
    public static Table rows(List<List<Score>> windows, int step) {
        List<Row> rows = new ArrayList<>();
        for (int w = 0; w < windows.size(); w++) {
            for (Score s : windows.get(w)) {
                for (int at = 0; at < s.nll.length; at += step) {
                    int end = Math.min(s.nll.length, at + step);
                    rows.add(new Row(
                            w,
                            s.policy,
                            s.first + at,
                            end - at,
                            mean(Arrays.copyOfRange(s.nll, at, end)),
                            mean(Arrays.copyOfRange(s.kl, at, end)),
                            mean(Arrays.copyOfRange(s.agree, at, end)),
                            mean(Arrays.copyOfRange(s.massLost, at, end)),
                            mean(Arrays.copyOfRange(s.oracleLost, at, end)),
                            mean(Arrays.copyOfRange(s.overlap, at, end)),
                            mean(Arrays.copyOfRange(s.bytes, at, end))));
                }
            }
        }
        return Tables.of("Lock-step by depth", rows);
    }

    /** The scores of one policy over several windows. */
    public static List<Score> of(List<List<Score>> windows, String policy) {
        return windows.stream()
                .map(w -> w.stream()
                        .filter(s -> s.policy.equals(policy))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("No score is named '" + policy + "'; there are "
                                + String.join(
                                        ", ", w.stream().map(Score::policy).toList()) + ".")))
                .toList();
    }

    /** Negative log-likelihoods of one policy, one array per window: what {@link Bootstrap} compares. */
    public static double[][] nll(List<List<Score>> windows, String policy) {
        return of(windows, policy).stream().map(Score::nll).toArray(double[][]::new);
    }

    private static double pooled(List<double[]> windows) {
        return mean(windows.stream().flatMapToDouble(Arrays::stream).toArray());
    }

    /** Collects chunks. */
    static final class Builder {
        private final String policy;
        private final int first;
        private final double[][] columns;
        private final double[] layers;
        private int filled;

        Builder(String policy, int first, int tokens, int layers) {
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
}

package dev.engram.eval;

import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tech.tablesaw.api.Table;

/** Scores of several policies on several windows, as tables and as samples for {@link Bootstrap}. */
public final class Scores {
    private Scores() {}

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
                    all.stream().mapToInt(s -> s.nll().length).sum(),
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
                for (int at = 0; at < s.nll().length; at += step) {
                    int end = Math.min(s.nll().length, at + step);
                    rows.add(new Row(
                            w,
                            s.policy(),
                            s.first() + at,
                            end - at,
                            Score.mean(Arrays.copyOfRange(s.nll(), at, end)),
                            Score.mean(Arrays.copyOfRange(s.kl(), at, end)),
                            Score.mean(Arrays.copyOfRange(s.agree(), at, end)),
                            Score.mean(Arrays.copyOfRange(s.massLost(), at, end)),
                            Score.mean(Arrays.copyOfRange(s.oracleLost(), at, end)),
                            Score.mean(Arrays.copyOfRange(s.overlap(), at, end)),
                            Score.mean(Arrays.copyOfRange(s.bytes(), at, end))));
                }
            }
        }
        return Tables.of("Lock-step by depth", rows);
    }

    /** The scores of one policy over several windows. */
    public static List<Score> of(List<List<Score>> windows, String policy) {
        return windows.stream()
                .map(w -> w.stream()
                        .filter(s -> s.policy().equals(policy))
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
        return Score.mean(windows.stream().flatMapToDouble(Arrays::stream).toArray());
    }
}

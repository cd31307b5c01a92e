package dev.engram.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.apache.commons.math3.stat.descriptive.rank.Median;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Interleaved rounds: every contestant in turn, again and again, so that a drifting machine slows all alike. */
final class Race {

    /**
     * One measurement.
     *
     * @param value tokens per second
     */
    record Lap(int round, String who, String dtype, String setting, int context, double value) {}

    private final List<Lap> laps = new ArrayList<>();

    void add(Lap lap) {
        laps.add(lap);
    }

    Table rows() {
        Table table = Table.create(
                "rows",
                IntColumn.create("round"),
                StringColumn.create("who"),
                StringColumn.create("dtype"),
                StringColumn.create("setting"),
                IntColumn.create("context"),
                DoubleColumn.create("tokens_per_second"));
        for (Lap l : laps) {
            table.intColumn("round").append(l.round());
            table.stringColumn("who").append(l.who());
            table.stringColumn("dtype").append(l.dtype());
            table.stringColumn("setting").append(l.setting());
            table.intColumn("context").append(l.context());
            table.doubleColumn("tokens_per_second").append(l.value());
        }
        return table;
    }

    /**
     * Per context and own format: our median, the best peer setting's median, and the median over rounds of the ratio of the
     * two in the same round. f32 meets f32 and bf16 meets bf16; every other own format meets the peer's fastest.
     */
    Table summary(List<String> ownFormats, List<Integer> contexts, List<String> peers) {
        Table table = Table.create(
                "summary",
                StringColumn.create("peer"),
                StringColumn.create("format"),
                IntColumn.create("context"),
                DoubleColumn.create("engram"),
                DoubleColumn.create("theirs"),
                StringColumn.create("their_setting"),
                DoubleColumn.create("ratio"),
                DoubleColumn.create("ratio_least"),
                DoubleColumn.create("ratio_largest"));
        for (String peer : peers) {
            for (String format : ownFormats) {
                boolean same = peer.equals("single")
                        || !peer.equals("llama.cpp") && (format.equals("f32") || format.equals("bf16"));
                for (int context : contexts) {
                    double[] own =
                            values(l -> l.who().equals("engram") && l.dtype().equals(format) && l.context() == context);
                    String best = bestSetting(peer, same ? format : null, context);
                    if (best == null || own.length == 0) {
                        continue;
                    }
                    double[] theirs =
                            values(l -> l.who().equals(peer) && name(l).equals(best) && l.context() == context);
                    double[] ratios = new double[Math.min(own.length, theirs.length)];
                    Arrays.setAll(ratios, i -> own[i] / theirs[i]);
                    table.stringColumn("peer").append(peer);
                    table.stringColumn("format").append(format);
                    table.intColumn("context").append(context);
                    table.doubleColumn("engram").append(median(own));
                    table.doubleColumn("theirs").append(median(theirs));
                    table.stringColumn("their_setting").append(best);
                    table.doubleColumn("ratio").append(median(ratios));
                    table.doubleColumn("ratio_least")
                            .append(Arrays.stream(ratios).min().orElse(Double.NaN));
                    table.doubleColumn("ratio_largest")
                            .append(Arrays.stream(ratios).max().orElse(Double.NaN));
                }
            }
        }
        return table;
    }

    private String bestSetting(String peer, String dtype, int context) {
        String best = null;
        double most = 0;
        for (String setting : laps.stream()
                .filter(l -> l.who().equals(peer) && (dtype == null || l.dtype().equals(dtype)))
                .map(Race::name)
                .distinct()
                .toList()) {
            double m = median(values(l -> l.who().equals(peer) && name(l).equals(setting) && l.context() == context));
            if (m > most) {
                most = m;
                best = setting;
            }
        }
        return best;
    }

    private static String name(Lap l) {
        return l.dtype() + " " + l.setting();
    }

    /** Measured values in the order of the rounds. */
    double[] values(Predicate<Lap> which) {
        return laps.stream().filter(which).mapToDouble(Lap::value).toArray();
    }

    static double median(double[] values) {
        return new Median().evaluate(values);
    }
}

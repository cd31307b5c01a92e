package dev.engram.cli.bench;

import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The race of training steps. For each batch size everybody first learns the same batches from the same adapter, which gives the
 * loss curves and warms up; then everybody takes a few steps in turn, round after round.
 */
final class TrainRace {
    /**
     * One turn.
     *
     * @param seconds median of its steps
     */
    record Lap(int round, String who, String dtype, String setting, int batch, double seconds) {
        String name() {
            return dtype + " " + setting;
        }
    }

    /** One loss of the curve. */
    record Point(String who, String dtype, String setting, int batch, int step, double loss) {}

    /**
     * Ours beside the peer's.
     *
     * @param compared f32, bf16, or the fastest of each side
     * @param time_ratio our time over theirs, median over rounds; below 1 ours is faster
     * @param curve largest relative difference of a loss from theirs over the curve
     */
    record Line(
            int batch,
            String compared,
            String ours,
            String theirs,
            double our_seconds,
            double their_seconds,
            double time_ratio,
            double ratio_least,
            double ratio_largest,
            double curve) {}

    private final List<TrainEntrant> entrants;
    private final List<Lap> laps = new ArrayList<>();
    private final List<Point> points = new ArrayList<>();

    TrainRace(List<TrainEntrant> entrants) {
        this.entrants = List.copyOf(entrants);
    }

    /**
     * Runs one batch size.
     *
     * @param curve the batches of the curve
     * @param timed the batches of every round
     */
    void run(int batch, List<int[][]> curve, List<int[][]> timed, int rounds, double rate) {
        List<TrainEntrant> order = new ArrayList<>(entrants);
        try (Progress progress = Progress.start("Training, " + batch + " rows", (rounds + 1L) * order.size())) {
            for (TrainEntrant e : order) {
                double[] losses = e.run(curve, rate).losses();
                for (int s = 0; s < losses.length; s++) {
                    points.add(new Point(e.who(), e.dtype(), e.setting(), batch, s, losses[s]));
                }
                progress.step();
            }
            for (int round = 1; round <= rounds; round++) {
                for (TrainEntrant e : order) {
                    double seconds = Race.median(e.run(timed, rate).seconds());
                    laps.add(new Lap(round, e.who(), e.dtype(), e.setting(), batch, seconds));
                    progress.step();
                }
                Collections.rotate(order, 1);
            }
        }
    }

    List<Lap> laps() {
        return laps;
    }

    List<Point> points() {
        return points;
    }

    /** Same formats against each other, and the fastest of both sides. */
    List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (int batch : laps.stream().mapToInt(Lap::batch).distinct().toArray()) {
            for (String compared : List.of("f32", "bf16", "fastest")) {
                String ours = fastest(batch, compared, l -> l.who().equals("engram"));
                String theirs = fastest(batch, compared, l -> !l.who().equals("engram"));
                if (ours != null && theirs != null) {
                    lines.add(line(batch, compared, ours, theirs));
                }
            }
        }
        return lines;
    }

    private Line line(int batch, String compared, String ours, String theirs) {
        double[] own = seconds(batch, true, ours);
        double[] other = seconds(batch, false, theirs);
        double[] ratios = new double[own.length];
        Arrays.setAll(ratios, i -> own[i] / other[i]);
        return new Line(
                batch,
                compared,
                ours,
                theirs,
                Race.median(own),
                Race.median(other),
                Race.median(ratios),
                Arrays.stream(ratios).min().orElse(Double.NaN),
                Arrays.stream(ratios).max().orElse(Double.NaN),
                difference(losses(batch, true, ours), losses(batch, false, theirs)));
    }

    /** The setting of least median time. */
    private String fastest(int batch, String dtype, Predicate<Lap> side) {
        return laps.stream()
                .filter(side)
                .filter(l -> l.batch() == batch
                        && (dtype.equals("fastest") || l.dtype().equals(dtype)))
                .map(Lap::name)
                .distinct()
                .min(Comparator.comparingDouble(name -> Race.median(laps.stream()
                        .filter(side)
                        .filter(l -> l.batch() == batch && l.name().equals(name))
                        .mapToDouble(Lap::seconds)
                        .toArray())))
                .orElse(null);
    }

    private double[] seconds(int batch, boolean ours, String name) {
        return laps.stream()
                .filter(l -> l.batch() == batch
                        && l.who().equals("engram") == ours
                        && l.name().equals(name))
                .mapToDouble(Lap::seconds)
                .toArray();
    }

    private double[] losses(int batch, boolean ours, String name) {
        return points.stream()
                .filter(p -> p.batch() == batch && p.who().equals("engram") == ours)
                .filter(p -> (p.dtype() + " " + p.setting()).equals(name))
                .mapToDouble(Point::loss)
                .toArray();
    }

    private static double difference(double[] ours, double[] theirs) {
        double most = ours.length == theirs.length && ours.length > 0 ? 0 : Double.NaN;
        for (int s = 0; s < Math.min(ours.length, theirs.length); s++) {
            most = Math.max(most, Math.abs(ours[s] / theirs[s] - 1));
        }
        return most;
    }
}

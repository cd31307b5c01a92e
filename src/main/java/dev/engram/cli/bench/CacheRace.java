package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.report.Progress;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The race of caches, context by context: all rounds of one context, everybody in turn, then what was kept for it is freed. A
 * peer that cannot do a context drops out of it, and it is noted why.
 */
final class CacheRace {
    /** How much faster the smaller cache must be to count as faster. */
    private static final double GAIN = 1.05;

    private final Race race = new Race();
    private final List<CacheEntrant> entrants;
    private final List<String> dropped = new ArrayList<>();

    CacheRace(List<CacheEntrant> entrants) {
        this.entrants = entrants;
    }

    /** One row of ours: speed, and its ratio to the full cache in the same format and round. */
    record OwnRow(
            int context,
            String format,
            String mode,
            double tokens_per_second,
            double of_baseline,
            double of_baseline_least,
            double of_baseline_largest) {}

    /** One of ours beside a peer: speeds, and the ratio in the same round. */
    record PeerRow(
            int context,
            String peer,
            String mode,
            String format,
            String their_format,
            double engram,
            double theirs,
            double ratio,
            double ratio_least,
            double ratio_largest) {}

    /** Runs a round that warms up and {@code rounds} that count, for every context. */
    void run(List<Integer> contexts, int rounds, int tokens) {
        try (Progress progress =
                Progress.start("Race of caches", (long) (rounds + 1) * contexts.size() * entrants.size())) {
            for (int context : contexts) {
                Set<CacheEntrant> out = new HashSet<>();
                List<CacheEntrant> order = new ArrayList<>(entrants);
                for (int round = 0; round <= rounds; round++) {
                    for (CacheEntrant e : order) {
                        if (!out.contains(e) && !turn(e, round, context, tokens)) {
                            out.add(e);
                        }
                        progress.step();
                    }
                    Collections.rotate(order, 1);
                }
                entrants.forEach(this::release);
            }
        }
    }

    private boolean turn(CacheEntrant e, int round, int context, int tokens) {
        if (context > e.most()) {
            dropped.add(e.who() + " " + e.dtype() + " " + e.mode() + " at " + context + ": not asked beyond " + e.most()
                    + " tokens");
            return false;
        }
        try {
            double value = e.speed().of(context, tokens);
            if (round > 0) {
                race.add(new Race.Lap(round, e.who(), e.dtype(), e.mode(), context, value));
            }
            return true;
        } catch (BadInputException | UncheckedIOException failure) {
            if (e.who().equals("engram")) {
                throw failure;
            }
            dropped.add(e.who() + " " + e.dtype() + " " + e.mode() + " at " + context + ": " + failure.getMessage());
            return false;
        }
    }

    private void release(CacheEntrant e) {
        try {
            e.release().run();
        } catch (BadInputException | UncheckedIOException failure) {
            dropped.add(e.who() + " " + e.dtype() + " after the context: " + failure.getMessage());
        }
    }

    Race laps() {
        return race;
    }

    /** Who could not do which context, and why. */
    List<String> dropped() {
        return List.copyOf(dropped);
    }

    List<OwnRow> own(List<Integer> contexts) {
        List<OwnRow> rows = new ArrayList<>();
        for (int context : contexts) {
            for (CacheEntrant e : entrants) {
                double[] speeds = laps(e.who(), e.dtype(), e.mode(), context);
                if (e.who().equals("engram") && speeds.length > 0) {
                    double[] r = ratios(speeds, laps(e.who(), e.dtype(), CacheEntrant.BASELINE, context));
                    rows.add(new OwnRow(
                            context, e.dtype(), e.mode(), Race.median(speeds), Race.median(r), least(r), largest(r)));
                }
            }
        }
        return rows;
    }

    /** Ours and theirs in the same mode. */
    List<PeerRow> peers(List<Integer> contexts) {
        List<PeerRow> rows = new ArrayList<>();
        for (int context : contexts) {
            for (CacheEntrant ours : entrants) {
                for (CacheEntrant theirs : entrants) {
                    double[] other = laps(theirs.who(), theirs.dtype(), theirs.mode(), context);
                    if (meet(ours, theirs) && other.length > 0) {
                        double[] own = laps(ours.who(), ours.dtype(), ours.mode(), context);
                        double[] r = ratios(own, other);
                        rows.add(new PeerRow(
                                context,
                                theirs.who(),
                                ours.mode(),
                                ours.dtype(),
                                theirs.dtype(),
                                Race.median(own),
                                Race.median(other),
                                Race.median(r),
                                least(r),
                                largest(r)));
                    }
                }
            }
        }
        return rows;
    }

    /** f32 meets f32, bf16 a 16-bit format, and every other format of ours all of theirs. */
    private static boolean meet(CacheEntrant ours, CacheEntrant theirs) {
        boolean sameSize = ours.dtype().equals("f32") == theirs.dtype().equals("f32");
        boolean formats =
                sameSize || !ours.dtype().equals("f32") && !ours.dtype().equals("bf16");
        return ours.who().equals("engram")
                && !theirs.who().equals("engram")
                && formats
                && ours.mode().equals(theirs.mode());
    }

    /** Smallest context at which a quarter of the cache decodes more than 5 % faster than all of it; −1 if none. */
    static int breakEven(List<OwnRow> rows, String format) {
        return rows.stream()
                .filter(r -> r.format().equals(format) && r.mode().equals(CacheEntrant.QUARTER))
                .filter(r -> r.of_baseline() > GAIN)
                .mapToInt(OwnRow::context)
                .min()
                .orElse(-1);
    }

    private double[] laps(String who, String dtype, String mode, int context) {
        return race.values(l ->
                l.who().equals(who) && l.dtype().equals(dtype) && l.setting().equals(mode) && l.context() == context);
    }

    private static double[] ratios(double[] own, double[] other) {
        double[] ratios = new double[Math.min(own.length, other.length)];
        Arrays.setAll(ratios, i -> own[i] / other[i]);
        return ratios;
    }

    private static double least(double[] values) {
        return Arrays.stream(values).min().orElse(Double.NaN);
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).max().orElse(Double.NaN);
    }
}

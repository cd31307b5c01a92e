package dev.engram.train;

import dev.engram.model.BadInputException;

/**
 * The learning rate as a share of its peak, step by step. The formulas are those of transformers (get_constant_schedule_with_warmup,
 * get_linear_…, get_cosine_with_min_lr_…, get_wsd_schedule with a cosine decay): with a warm-up the first step has rate 0.
 *
 * @param kind the curve after the warm-up
 * @param warmup steps of linear rise from 0
 * @param decay steps of the final fall, for {@link Kind#WARMUP_STABLE_DECAY} only
 * @param minRatio share of the peak at which cosine and stable-decay end
 */
public record Schedule(Kind kind, int warmup, int decay, double minRatio) {
    /** The curve after the warm-up. */
    public enum Kind {
        CONSTANT,
        LINEAR,
        COSINE,
        WARMUP_STABLE_DECAY
    }

    public Schedule {
        if (warmup < 0 || decay < 0) {
            throw new BadInputException("The schedule has " + (warmup < 0 ? warmup : decay) + " steps of "
                    + (warmup < 0 ? "warm-up" : "decay") + "; give 0 or more.");
        }
        if (!(minRatio >= 0 && minRatio <= 1)) {
            throw new BadInputException(
                    "The schedule's last rate is " + minRatio + " of its peak; give a share from 0 to 1.");
        }
    }

    public static Schedule constant(int warmup) {
        return new Schedule(Kind.CONSTANT, warmup, 0, 0);
    }

    public static Schedule linear(int warmup) {
        return new Schedule(Kind.LINEAR, warmup, 0, 0);
    }

    public static Schedule cosine(int warmup) {
        return new Schedule(Kind.COSINE, warmup, 0, 0);
    }

    /** Rise, constant, and a fall along half a cosine over the last {@code decay} steps (MiniCPM, Hu et al. 2024). */
    public static Schedule warmupStableDecay(int warmup, int decay) {
        return new Schedule(Kind.WARMUP_STABLE_DECAY, warmup, decay, 0);
    }

    public Schedule withMinRatio(double ratio) {
        return new Schedule(kind, warmup, decay, ratio);
    }

    /**
     * The share of the peak rate.
     *
     * @param step from 0
     * @param steps of the whole run
     */
    public double factor(int step, int steps) {
        boolean stable = kind == Kind.WARMUP_STABLE_DECAY;
        if (step < warmup) {
            double rise = (double) step / warmup;
            return stable ? above(rise) : rise;
        }
        int fall = stable ? decay : steps - warmup;
        double progress = (double) (step - (steps - fall)) / Math.max(1, fall);
        return switch (kind) {
            case CONSTANT -> 1;
            case LINEAR -> Math.max(0, 1 - progress);
            case COSINE -> above(halfCosine(progress));
            case WARMUP_STABLE_DECAY -> progress < 0 ? 1 : progress < 1 ? above(halfCosine(progress)) : minRatio;
        };
    }

    private static double halfCosine(double progress) {
        return 0.5 * (1 + Math.cos(Math.PI * progress));
    }

    private double above(double share) {
        return Math.max(0, share * (1 - minRatio) + minRatio);
    }

    void requireFit(int steps) {
        if (warmup + decay > steps) {
            throw new BadInputException("The schedule has " + warmup + " steps of warm-up and " + decay
                    + " of decay, but the run has " + steps + " steps; give it more steps or a shorter schedule.");
        }
    }
}

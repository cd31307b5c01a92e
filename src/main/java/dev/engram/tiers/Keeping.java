package dev.engram.tiers;

import java.util.SplittableRandom;

/**
 * What a full store gives up first: the memory with the smallest worth.
 *
 * <p>RETENTION is the forgetting curve of seed 000, R = exp(-t/S), with time in days and S = 30 days x importance: a fact that
 * matters for years outlives many that were said after it, but not all of them.
 */
public enum Keeping {
    /** First in, first out. */
    NEWEST {
        @Override
        public double worth(Memory m, double today) {
            return m.day();
        }
    },
    /** The least important goes, of equals the oldest. */
    IMPORTANT {
        @Override
        public double worth(Memory m, double today) {
            return m.importance() * 1e6 + m.day();
        }
    },
    /** The oldest goes first; besides, 2 days pass for a short-term memory and 45 for a mid-term one, and it is gone. */
    LIFETIME {
        @Override
        public double worth(Memory m, double today) {
            return m.day();
        }

        @Override
        public boolean alive(Memory m, double today) {
            return today - m.day() <= Horizon.days(m.importance());
        }
    },
    /** By chance, for comparison: a number drawn from the id. */
    RANDOM {
        @Override
        public double worth(Memory m, double today) {
            return new SplittableRandom(m.id().hashCode()).nextDouble();
        }
    },
    /** What is retained least. */
    RETENTION {
        @Override
        public double worth(Memory m, double today) {
            // the logarithm of R: R itself underflows after some hundred time constants
            return -(today - m.day()) / (DAYS * Math.max(1e-3, m.importance()));
        }
    };

    private static final double DAYS = 30;

    /** Larger is kept longer. */
    public abstract double worth(Memory m, double today);

    /** Whether a memory still counts by this rule, whatever its store's time to live. */
    public boolean alive(Memory m, double today) {
        return true;
    }
}

package dev.engram.dual;

/** The two ways to read the seed's {@code consolidate_memories(threshold=0.1)}, which does not say what is compared with 0.1. */
public enum Reading {
    /** Two entries merge where 1 - cosine of their keys is below the threshold: the sensible reading. */
    DISTANCE_BELOW(0, 2) {
        @Override
        boolean merges(double cosine, double threshold) {
            return 1 - cosine < threshold;
        }
    },
    /** Two entries merge where the cosine of their keys is above the threshold; at 0.1 that is nearly any two. */
    SIMILARITY_ABOVE(-1, 1) {
        @Override
        boolean merges(double cosine, double threshold) {
            return cosine > threshold;
        }
    };

    final double least;
    final double most;

    Reading(double least, double most) {
        this.least = least;
        this.most = most;
    }

    abstract boolean merges(double cosine, double threshold);
}

package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;

/**
 * How the mode memory_enhanced forgets: which policy, and what surrounds it. The defaults stand here and nowhere else.
 *
 * @param policy name in {@link Policies}
 * @param eviction budget, threshold, protection, and when it decides
 */
public record MemoryEnhanced(String policy, EvictionConfig eviction) {
    /** The forgetting curve with a time constant in tokens. */
    public static final String POLICY = "ebbinghaus";

    /**
     * Tokens after which an unrehearsed token of initial strength is retained to 1/e. With 10, between 20 and 30 % of the
     * entries are deleted after 512 generated tokens (notebook 02), the share that the seed names.
     */
    public static final double TIME_CONSTANT = 10;

    /** First slots that are never deleted. */
    public static final int SINKS = 4;

    /** Last slots that are never deleted. */
    public static final int RECENT = 32;

    /** Tokens from one decision to the next. */
    public static final int EVERY = 16;

    /** The mode as it is without any setting. */
    public static MemoryEnhanced defaults() {
        return new MemoryEnhanced(
                POLICY,
                EvictionConfig.of(Budget.unlimited())
                        .withProtection(SINKS, RECENT)
                        .withEvery(EVERY));
    }

    /** The forgetting curve of the calibrated policies. */
    static EbbinghausConfig curve() {
        return EbbinghausConfig.calibrated(TIME_CONSTANT);
    }

    public MemoryEnhanced withPolicy(String name) {
        return new MemoryEnhanced(name, eviction);
    }

    public MemoryEnhanced withEviction(EvictionConfig config) {
        return new MemoryEnhanced(policy, config);
    }

    /** Deletes what is retained to less than this share; one outside (0, 1) gives a {@link BadInputException}. */
    public MemoryEnhanced withThreshold(double retention) {
        if (!(retention > 0 && retention < 1)) {
            throw new BadInputException(
                    "--hard_delete_threshold is " + retention + "; it must be above 0 and below 1.");
        }
        return withEviction(eviction.withFloor(Math.log(retention)));
    }

    /** A fresh policy for one cache, null for the full cache; settings that contradict it give a {@link BadInputException}. */
    public CachePolicy create() {
        CachePolicy made = Policies.create(policy, eviction);
        boolean budget = eviction.budget().unit() != Budget.Unit.UNLIMITED;
        CachePolicy deletion = made instanceof SoftForgetting soft ? soft.deletion() : made;
        if (made == null && budget) {
            throw new BadInputException("The policy " + policy + " keeps everything, but the budget is "
                    + eviction.budget() + "; drop the budget or take another policy.");
        }
        if (!Double.isNaN(eviction.floor()) && !cutsRetention(deletion)) {
            throw new BadInputException(
                    "--hard_delete_threshold cuts the retention of a forgetting curve, and the policy " + policy
                            + " deletes by none; take --policy " + POLICY + ", or give a --budget instead.");
        }
        if (made instanceof Eviction bare && !bare.deletes()) {
            throw new BadInputException(
                    "The policy " + policy + " deletes nothing without a budget; add one, such as --budget 25%.");
        }
        if (eviction.spread() == EvictionConfig.Spread.PYRAMID && !budget) {
            throw new BadInputException("--pyramid shares a budget among the layers, and there is none; add --budget.");
        }
        return made;
    }

    private static boolean cutsRetention(CachePolicy policy) {
        return policy instanceof MemollmReplay
                || policy instanceof Eviction eviction
                        && eviction.scorer().logRetention()
                        && !Double.isNaN(eviction.config().floor());
    }
}

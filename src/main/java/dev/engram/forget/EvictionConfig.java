package dev.engram.forget;

import dev.engram.model.BadInputException;
import java.util.function.IntPredicate;

/**
 * What surrounds any scorer: how much may stay, what is protected, and when it decides.
 *
 * @param budget how many slots may stay
 * @param floor slots that score less are deleted whatever the budget, such as ln 0.01 for a retention of 1 %; NaN for none
 * @param sinks first slots that are never deleted
 * @param recent last slots that are never deleted
 * @param whitelist tokens that are never deleted, such as those of an instruction, by their index in the text; null for none
 * @param every decide when this many tokens have come since the last decision; the cache holds up to that many more meanwhile
 * @param phase which passes decide
 * @param spread how the budget is shared among layers
 * @param rebase whether kept tokens get consecutive positions after a deletion, instead of their true ones
 * @param recentShare part of a layer's slots that goes to its last ones before any score counts, as H2O's half; it yields to
 *     sinks, recent slots and the whitelist
 */
public record EvictionConfig(
        Budget budget,
        double floor,
        int sinks,
        int recent,
        IntPredicate whitelist,
        int every,
        Phase phase,
        Spread spread,
        boolean rebase,
        double recentShare) {

    /** Which passes may delete. */
    public enum Phase {
        PREFILL,
        DECODE,
        BOTH
    }

    /** How layers share a budget. */
    public enum Spread {
        /** Every layer the same. */
        UNIFORM,
        /** Falling from the first layer to the last, the same sum (PyramidKV, β = 20). */
        PYRAMID
    }

    public EvictionConfig {
        if (sinks < 0 || recent < 0 || every < 1) {
            throw new BadInputException("sinks (" + sinks + ") and recent (" + recent
                    + ") must be at least 0, and every (" + every + ") at least 1 token.");
        }
        if (!(recentShare >= 0 && recentShare <= 1)) {
            throw new BadInputException("The recent slots' share of " + recentShare + " is not between 0 and 1.");
        }
        if (budget.unit() == Budget.Unit.TOKENS && budget.amount() < sinks + recent) {
            throw new BadInputException("A budget of " + budget + " is below the " + (sinks + recent)
                    + " protected ones (" + sinks + " sinks + " + recent
                    + " recent); raise the budget or protect fewer.");
        }
    }

    /** Nothing protected, decided after every pass, uniform, true positions. */
    public static EvictionConfig of(Budget budget) {
        return new EvictionConfig(budget, Double.NaN, 0, 0, null, 1, Phase.BOTH, Spread.UNIFORM, false, 0);
    }

    public EvictionConfig withBudget(Budget b) {
        return new EvictionConfig(b, floor, sinks, recent, whitelist, every, phase, spread, rebase, recentShare);
    }

    public EvictionConfig withFloor(double score) {
        return new EvictionConfig(budget, score, sinks, recent, whitelist, every, phase, spread, rebase, recentShare);
    }

    /** Deletes slots whose retention falls below {@code retention}, for scorers whose score is ln R. */
    public EvictionConfig withThreshold(double retention) {
        if (!(retention > 0 && retention < 1)) {
            throw new BadInputException("A retention threshold of " + retention
                    + " is outside (0, 1): every slot has a retention between; the seed's is 0.01.");
        }
        return withFloor(Math.log(retention));
    }

    public EvictionConfig withProtection(int firstSlots, int lastSlots) {
        return new EvictionConfig(
                budget, floor, firstSlots, lastSlots, whitelist, every, phase, spread, rebase, recentShare);
    }

    public EvictionConfig withWhitelist(IntPredicate positions) {
        return new EvictionConfig(budget, floor, sinks, recent, positions, every, phase, spread, rebase, recentShare);
    }

    public EvictionConfig withEvery(int tokens) {
        return new EvictionConfig(budget, floor, sinks, recent, whitelist, tokens, phase, spread, rebase, recentShare);
    }

    public EvictionConfig withPhase(Phase p) {
        return new EvictionConfig(budget, floor, sinks, recent, whitelist, every, p, spread, rebase, recentShare);
    }

    public EvictionConfig withSpread(Spread s) {
        return new EvictionConfig(budget, floor, sinks, recent, whitelist, every, phase, s, rebase, recentShare);
    }

    public EvictionConfig withRebase(boolean on) {
        return new EvictionConfig(budget, floor, sinks, recent, whitelist, every, phase, spread, on, recentShare);
    }

    public EvictionConfig withRecentShare(double share) {
        return new EvictionConfig(budget, floor, sinks, recent, whitelist, every, phase, spread, rebase, share);
    }

    /** Slots that a layer may keep, of {@code average} for each; at least what is protected. */
    int slots(int layer, int layers, int average) {
        int own = average;
        if (spread == Spread.PYRAMID && layers > 1 && average != Integer.MAX_VALUE) {
            double last = (average - sinks - recent) / 20.0;
            double first = 2.0 * (average - sinks - recent) - last;
            own = sinks + recent + (int) (first - (first - last) * layer / (layers - 1));
        }
        return Math.max(own, Math.max(1, sinks + recent));
    }
}

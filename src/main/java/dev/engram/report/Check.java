package dev.engram.report;

/**
 * Claims of a notebook that are checked while it runs. A claim that does not hold throws, so that the notebook stops there;
 * one that holds is returned as a line of text, which a cell shows when the check is its last expression.
 */
public final class Check {
    private Check() {}

    /**
     * Checks a statement.
     *
     * @param holds whether it is true
     * @param claim the statement as a sentence without a full stop, for example {@code every row sums to 1}
     * @return the claim with a tick
     * @throws AssertionError if it does not hold
     */
    public static String that(boolean holds, String claim) {
        if (!holds) {
            throw new AssertionError("Check failed: " + claim + ". This does not hold here.");
        }
        return "✓ " + claim;
    }

    /**
     * Checks a number against an expected one.
     *
     * @param tolerance largest difference allowed, at least 0
     * @param what names the number, for example {@code share of the first token}
     * @return the claim with a tick and the difference found
     * @throws AssertionError if the difference is larger, or either number is NaN
     */
    public static String near(double found, double expected, double tolerance, String what) {
        double difference = Math.abs(found - expected);
        // Written so that NaN, which compares as false, fails.
        if (!(difference <= tolerance)) {
            throw new AssertionError("Check failed: " + what + " is " + found + " and should be " + expected
                    + " within " + tolerance + ".");
        }
        return "✓ " + what + ": difference " + Format.number(difference) + ", allowed " + Format.number(tolerance);
    }
}

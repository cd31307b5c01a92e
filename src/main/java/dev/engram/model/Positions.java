package dev.engram.model;

/** How a decoder tells one position from another. */
public sealed interface Positions {

    /**
     * Rotary positions (Su et al., 2021): pairs (i, i + headDim/2) of a head are turned by position × frequency.
     *
     * @param theta base of the frequencies
     * @param scaling change of the frequencies for longer contexts
     */
    record Rope(double theta, RopeScaling scaling) implements Positions {
        public Rope {
            if (!(theta > 0)) {
                throw new BadInputException("The model's configuration has rope_theta = " + theta
                        + ", which must be positive; use an intact model file.");
            }
        }
    }

    /** A learned vector per position, added to the token's embedding. */
    record Learned() implements Positions {}

    /**
     * Frequency scaling as transformers defines it.
     *
     * @param kind {@code DEFAULT} leaves the frequencies, {@code LINEAR} divides them by {@code factor}, {@code LLAMA3} divides
     *     the low ones, keeps the high ones and blends between
     * @param factor the divisor
     * @param lowFreqFactor wavelengths above {@code originalContext / lowFreqFactor} are divided (llama3 only)
     * @param highFreqFactor wavelengths below {@code originalContext / highFreqFactor} are kept (llama3 only)
     * @param originalContext positions the unscaled model was trained for (llama3 only)
     */
    record RopeScaling(Kind kind, double factor, double lowFreqFactor, double highFreqFactor, int originalContext) {
        /** Which rule. */
        public enum Kind {
            DEFAULT,
            LINEAR,
            LLAMA3
        }

        public static RopeScaling none() {
            return new RopeScaling(Kind.DEFAULT, 1, 1, 4, 0);
        }

        public static RopeScaling linear(double factor) {
            return new RopeScaling(Kind.LINEAR, factor, 1, 4, 0);
        }
    }

    static Rope rope(double theta) {
        return new Rope(theta, RopeScaling.none());
    }
}

package dev.engram.model.source;

import dev.engram.model.BadInputException;
import dev.engram.model.Positions.RopeScaling;
import java.nio.file.Path;

/**
 * A llama GGUF states llama3 scaling as one divisor per rotary frequency ({@code rope_freqs.weight}), not as the four numbers
 * of a config.json. The numbers are found again by trying the published ones (low 1, high 4, a power of two as the original
 * context) and comparing every divisor; other tables are refused.
 */
final class RopeFactors {
    private static final double LOW = 1;
    private static final double HIGH = 4;
    private static final double TOLERANCE = 1e-4;

    private RopeFactors() {}

    static RopeScaling toLlama3(StoredTensor t, double theta, int headDim, Path origin) {
        if (t.elements() != headDim / 2) {
            throw new BadInputException(
                    origin + " holds rope_freqs.weight with " + t.elements() + " values, but a head of " + headDim
                            + " has " + headDim / 2 + " frequencies; get an intact copy of the model.");
        }
        float[] divisors = Dequantizer.toFloats(t);
        float factor = 1;
        for (float d : divisors) {
            factor = Math.max(factor, d);
        }
        if (matches(divisors, RopeScaling.none(), theta, headDim)) {
            return RopeScaling.none();
        }
        for (int original = 1024; original <= 1 << 20; original *= 2) {
            RopeScaling s = new RopeScaling(RopeScaling.Kind.LLAMA3, factor, LOW, HIGH, original);
            if (matches(divisors, s, theta, headDim)) {
                return s;
            }
        }
        throw new BadInputException(
                origin + " holds a table of rotary divisors (rope_freqs.weight, largest " + factor
                        + ") that is not llama3 scaling with the factors 1 and 4; use a model with default, linear or llama3 scaling.");
    }

    /** What frequency {@code i} is divided by. */
    static double divisor(RopeScaling s, double theta, int headDim, int i) {
        if (s.kind() != RopeScaling.Kind.LLAMA3) {
            return s.factor();
        }
        double wavelength = 2 * Math.PI * Math.pow(theta, 2.0 * i / headDim);
        if (wavelength < s.originalContext() / s.highFreqFactor()) {
            return 1;
        }
        if (wavelength > s.originalContext() / s.lowFreqFactor()) {
            return s.factor();
        }
        double smooth =
                (s.originalContext() / wavelength - s.lowFreqFactor()) / (s.highFreqFactor() - s.lowFreqFactor());
        return 1 / ((1 - smooth) / s.factor() + smooth);
    }

    private static boolean matches(float[] divisors, RopeScaling s, double theta, int headDim) {
        for (int i = 0; i < divisors.length; i++) {
            double expected = divisor(s, theta, headDim, i);
            if (!(Math.abs(divisors[i] - expected) <= TOLERANCE * expected)) {
                return false;
            }
        }
        return true;
    }
}

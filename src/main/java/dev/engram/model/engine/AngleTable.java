package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import dev.engram.model.Positions.RopeScaling;

/**
 * Cosines and signed sines of the rotary angles, a row per position. The arithmetic is that of transformers (inverse
 * frequencies and angles in f32), so that far positions agree too. Learned positions get the identity rotation.
 *
 * <p>Tables that were outgrown live as long as their owner, since another thread may be reading them. Each is at least twice as
 * long as the one before, so that together they take less than twice the last one's bytes.
 */
public final class AngleTable {
    private final NDManager manager;
    private final Kernel tools;
    private final int headDim;
    private final Positions positions;
    private final int dtype;
    private int rows;
    private volatile NDArray cos;
    private volatile NDArray sin;

    AngleTable(NDManager parent, LmConfig config, Kernel tools, int dtype) {
        this.manager = parent.newSubManager();
        this.tools = tools;
        this.headDim = config.headDim();
        this.positions = config.positions();
        this.dtype = dtype;
        grow(Math.min(config.contextLength(), 8192));
    }

    /** Makes sure that positions below {@code limit} are in the table. */
    public synchronized void reach(int limit) {
        if (limit > rows) {
            grow(Math.max(limit, 2 * rows));
        }
    }

    /** [positions, headDim]. */
    public NDArray cos() {
        return cos;
    }

    /** [positions, headDim]; the first half of a row carries rotate_half's minus sign. */
    public NDArray sin() {
        return sin;
    }

    private void grow(int limit) {
        float[] c = new float[limit * headDim];
        float[] s = new float[limit * headDim];
        if (positions instanceof Positions.Rope rope) {
            float[] inverse = inverseFrequencies(rope, headDim);
            int half = headDim / 2;
            for (int p = 0; p < limit; p++) {
                for (int i = 0; i < half; i++) {
                    float angle = p * inverse[i];
                    int at = p * headDim + i;
                    c[at] = c[at + half] = (float) Math.cos(angle);
                    s[at + half] = (float) Math.sin(angle);
                    s[at] = -s[at + half];
                }
            }
        } else {
            java.util.Arrays.fill(c, 1f);
        }
        cos = table(c, limit);
        sin = table(s, limit);
        rows = limit;
    }

    private NDArray table(float[] values, int limit) {
        try (NDArray f = manager.create(values, new Shape(limit, headDim))) {
            try (NDArray cast = tools.one(manager, "cast", f, dtype)) {
                // a recorded copy, so that training may use the table too
                return tools.record(manager, "copy_of", cast).get(0);
            }
        }
    }

    /** θ^(−2i/D), scaled as the configuration says; f32 as in transformers. */
    public static float[] inverseFrequencies(Positions.Rope rope, int headDim) {
        float[] inverse = new float[headDim / 2];
        RopeScaling s = rope.scaling();
        for (int i = 0; i < inverse.length; i++) {
            float f = (float) (1.0 / (float) Math.pow(rope.theta(), (float) (2 * i) / headDim));
            inverse[i] = switch (s.kind()) {
                case DEFAULT -> f;
                case LINEAR -> (float) (f / s.factor());
                case LLAMA3 -> llama3(f, s);
            };
        }
        return inverse;
    }

    private static float llama3(float f, RopeScaling s) {
        double wavelength = 2 * Math.PI / f;
        if (wavelength > s.originalContext() / s.lowFreqFactor()) {
            return (float) (f / s.factor());
        }
        if (wavelength < s.originalContext() / s.highFreqFactor()) {
            return f;
        }
        double smooth =
                (s.originalContext() / wavelength - s.lowFreqFactor()) / (s.highFreqFactor() - s.lowFreqFactor());
        return (float) ((1 - smooth) * f / s.factor() + smooth * f);
    }
}

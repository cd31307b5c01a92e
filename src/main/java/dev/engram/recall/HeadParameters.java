package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.train.Trainables;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What the memory head learns: the logarithm of its scale and the bias of the nothing slot. The slot's vector is drawn once; queries
 * learn to point at it, so it need not move.
 */
final class HeadParameters implements Trainables {
    private static final double FIRST_SCALE = 20;

    private final NDManager manager;
    private final NDArray logScale;
    private final NDArray bias;
    private final NDArray nothing;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private double moved;

    HeadParameters(NDManager parent, int width, long seed) {
        this(parent, Math.log(FIRST_SCALE), 0, direction(width, seed));
    }

    HeadParameters(NDManager parent, double logScale, double bias, float[] nothing) {
        this.manager = parent.newSubManager();
        this.logScale = manager.create(new float[] {(float) logScale}, new Shape(1));
        this.bias = manager.create(new float[] {(float) bias}, new Shape(1));
        this.nothing = manager.create(nothing);
        parameters.put("memory_head.log_scale", this.logScale);
        parameters.put("memory_head.bias", this.bias);
        parameters.values().forEach(p -> p.setRequiresGradient(true));
    }

    /** What an earlier round left. */
    static HeadParameters of(NDManager parent, MemoryHeadConfig learned, float[] nothing) {
        return new HeadParameters(parent, Math.log(learned.scale()), learned.bias(), nothing);
    }

    /** A random unit vector. */
    static float[] direction(int width, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] v = new float[width];
        for (int i = 0; i < width; i++) {
            // a sum of twelve uniforms is near enough to a normal number
            for (int k = 0; k < 12; k++) {
                v[i] += (float) random.nextDouble() - 0.5f;
            }
        }
        return Centring.none(width).memory(v);
    }

    NDArray logScale() {
        return logScale;
    }

    NDArray bias() {
        return bias;
    }

    /** Unit vector of the nothing slot, [width]. */
    NDArray nothing() {
        return nothing;
    }

    /** Adds to the bias of the nothing slot; for after training, which does not see it. */
    void moveBias(double by) {
        moved += by;
    }

    /** The head's settings with what has been learned. */
    MemoryHeadConfig config() {
        return MemoryHeadConfig.learned(Math.exp(logScale.toFloatArray()[0]), bias.toFloatArray()[0] + moved);
    }

    @Override
    public NDManager manager() {
        return manager;
    }

    @Override
    public Map<String, NDArray> parameters() {
        return parameters;
    }

    @Override
    public void close() {
        manager.close();
    }
}

package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.source.ModelHash;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Low-rank adapters (LoRA, Hu et al. 2021) of a decoder's linears: y = W x + scale · B (A x). They run beside the weights,
 * whatever their number format, and are never rounded.
 */
public final class Adapter implements AutoCloseable {
    /** Entries of one layer: A and B of seven linears, then the scale. */
    static final int STRIDE = 15;

    /**
     * The two factors of one linear.
     *
     * @param a [rank, in] in f32
     * @param b [out, rank] in f32
     */
    public record Pair(NDArray a, NDArray b) {}

    private final NDManager manager;
    private final List<NDArray> flat = new ArrayList<>();
    private IValue pinned;
    private NDArray[] drops;

    /**
     * Takes views of the pairs; the arrays stay the caller's and must outlive the adapter.
     *
     * @param pairs by the linear's name, such as {@code model.layers.0.self_attn.q_proj.weight}; others stay as they are
     * @param scale alpha / rank
     */
    public Adapter(NDManager parent, LmConfig config, Map<String, Pair> pairs, double scale) {
        this.manager = parent.newSubManager();
        NDArray none = Kernel.none(manager);
        NDArray factor = manager.create(new float[] {(float) scale}, new Shape());
        int used = 0;
        for (int i = 0; i < config.layers(); i++) {
            List<String> linears = new LayerNames(i).linears();
            for (int l = 0; l < linears.size(); l++) {
                Pair pair = pairs.get(linears.get(l));
                if (pair != null) {
                    requireFit(linears.get(l), pair, inputs(config)[l], outputs(config)[l]);
                }
                flat.add(pair == null ? none : pair.a());
                flat.add(pair == null ? none : pair.b());
                used += pair == null ? 0 : 1;
            }
            flat.add(factor);
        }
        if (used != pairs.size()) {
            throw new BadInputException("The adapter names " + pairs.size() + " linears, of which this model has "
                    + used + "; load the adapter with the model it was trained on.");
        }
    }

    /** Inputs of the seven linears, in their order. */
    private static int[] inputs(LmConfig c) {
        return new int[] {
            c.hidden(), c.hidden(), c.hidden(), c.heads() * c.headDim(), c.hidden(), c.hidden(), c.intermediate()
        };
    }

    private static int[] outputs(LmConfig c) {
        int kv = c.kvHeads() * c.headDim();
        return new int[] {c.heads() * c.headDim(), kv, kv, c.hidden(), c.intermediate(), c.intermediate(), c.hidden()};
    }

    private static void requireFit(String name, Pair pair, int in, int out) {
        Shape a = pair.a().getShape();
        Shape b = pair.b().getShape();
        if (a.dimension() != 2 || b.dimension() != 2 || a.get(1) != in || b.get(0) != out || a.get(0) != b.get(1)) {
            throw new BadInputException("The adapter of " + name + " has the shapes A " + a + " and B " + b
                    + ", but the linear has " + in + " inputs and " + out
                    + " outputs; load the adapter with the model it was trained on.");
        }
    }

    /**
     * Drops inputs of the adapters in training passes from now on; inference never does.
     *
     * @param share of the values, 0 for none
     * @param seed what the draw depends on, apart from the layer and the linear
     */
    public void drop(double share, long seed) {
        if (drops != null) {
            for (NDArray d : drops) {
                d.close();
            }
        }
        drops = null;
        if (share > 0) {
            drops = new NDArray[flat.size() / STRIDE];
            SplittableRandom seeds = new SplittableRandom(seed);
            for (int i = 0; i < drops.length; i++) {
                drops[i] = manager.create(new double[] {seeds.nextInt(Integer.MAX_VALUE), share});
            }
        }
    }

    /** One layer's factors and the scale, and in training with dropout its seed and share. */
    NDList layer(int i) {
        NDList list = new NDList(flat.subList(i * STRIDE, (i + 1) * STRIDE));
        if (drops != null) {
            list.add(drops[i]);
        }
        return list;
    }

    /** Tells these adapters from others: 16 hexadecimal digits of their numbers' SHA-256. */
    public String fingerprint() {
        MessageDigest all = ModelHash.sha256();
        for (NDArray part : flat) {
            float[] values = part.toFloatArray();
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
            bytes.asFloatBuffer().put(values);
            all.update(bytes);
        }
        return HexFormat.of().formatHex(all.digest(), 0, 8);
    }

    IValue pinned() {
        if (pinned == null) {
            pinned = Kernel.pin(flat);
        }
        return pinned;
    }

    @Override
    public void close() {
        if (pinned != null) {
            pinned.close();
        }
        manager.close();
    }
}

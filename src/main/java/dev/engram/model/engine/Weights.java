package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.IValue;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;
import java.util.ArrayList;
import java.util.List;

/** One packed copy of a model's weights in one format, with the kernel that computes on it. */
public final class Weights implements AutoCloseable {
    /** Entries of one layer in the flat list; see projections/fused.py. */
    static final int STRIDE = 12;

    /** PyTorch's code of f32, the type of gains and of the residual stream. */
    private static final int FLOAT = 6;

    private final WeightFormat format;
    private final NDManager manager;
    private final Kernel kernel;
    private final IValue pinned;
    private final NDArray embedding;
    private final NDArray positionTable;
    private final NDArray finalGain;
    private final NDList head;
    private final AngleTable angles;
    private final long bytes;

    /**
     * Reads and packs.
     *
     * @param primary a copy whose embedding table this one shares, or null to read it
     */
    Weights(NDManager parent, LmConfig config, TensorLoader loader, WeightFormat format, Weights primary) {
        this.format = format;
        this.manager = parent.newSubManager();
        this.kernel = Kernels.fused(manager, config, format);
        long size = 0;
        List<NDArray> flat = new ArrayList<>();
        NDArray none = Kernel.none(manager);
        for (int i = 0; i < config.layers(); i++) {
            LayerNames n = new LayerNames(i);
            flat.add(gain(loader, n.inputNorm()));
            size += linear(loader, n.qkv(), flat);
            size += linear(loader, List.of(n.o()), flat);
            flat.add(gain(loader, n.postNorm()));
            size += linear(loader, List.of(n.gate(), n.up()), flat);
            size += linear(loader, List.of(n.down()), flat);
            flat.add(config.attentionBias() ? loader.vector(manager, format.dtype(), n.qkvBias()) : none);
            flat.add(config.qkNorm() ? headGains(loader, config, n) : none);
        }
        this.pinned = Kernel.pin(flat);
        this.finalGain = gain(loader, LayerNames.FINAL_NORM);
        long table = (long) config.vocab() * config.hidden();
        if (primary == null) {
            this.embedding = loader.matrix(manager, format.dtype(), LayerNames.EMBEDDING);
            size += table * format.bytesPerValue();
        } else {
            this.embedding = primary.embedding;
        }
        if (config.tiedHead() && format.head() == LinearFormat.PLAIN && sameType(primary)) {
            this.head = new NDList(this.embedding, none);
        } else if (primary != null && !sameType(primary)) {
            this.head = null;
        } else {
            String name = config.tiedHead() ? LayerNames.EMBEDDING : LayerNames.HEAD;
            this.head = format.head().pack(loader.tools(), manager, loader.matrix(manager, format.dtype(), name));
            size += format.head().bytes(table, format.bytesPerValue());
        }
        this.positionTable = config.positions() instanceof Positions.Learned
                ? loader.matrix(manager, format.dtype(), LayerNames.POSITIONS)
                : null;
        this.angles = new AngleTable(manager, config, loader.tools(), format.dtype());
        this.bytes = size;
    }

    private boolean sameType(Weights primary) {
        return primary == null || primary.format.bf16() == format.bf16();
    }

    private long linear(TensorLoader loader, List<String> names, List<NDArray> flat) {
        if (format.body() == LinearFormat.INT4 && loader.fourBit(names)) {
            NDList packed = loader.fourBitMatrix(manager, names);
            flat.addAll(packed);
            return packed.get(0).size();
        }
        NDArray plain = loader.matrix(manager, format.dtype(), names);
        long elements = plain.size();
        flat.addAll(format.body().pack(loader.tools(), manager, plain));
        return format.body().bytes(elements, format.bytesPerValue());
    }

    /** Gain of a norm, followed by as many zeros; see projections/fused.py. */
    private NDArray gain(TensorLoader loader, String name) {
        try (NDManager step = manager.newSubManager()) {
            NDArray gain = loader.vector(step, FLOAT, List.of(name));
            return loader.tools().one(manager, "cast", gain.concat(gain.zerosLike(), 0), FLOAT);
        }
    }

    /** Gains of the q and k norms, repeated per head: [H + KV, D]. */
    private NDArray headGains(TensorLoader loader, LmConfig config, LayerNames n) {
        try (NDManager step = manager.newSubManager()) {
            NDArray q =
                    loader.vector(step, FLOAT, List.of(n.qNorm())).expandDims(0).repeat(0, config.heads());
            NDArray k =
                    loader.vector(step, FLOAT, List.of(n.kNorm())).expandDims(0).repeat(0, config.kvHeads());
            return loader.tools().one(manager, "cast", q.concat(k, 0), FLOAT);
        }
    }

    public WeightFormat format() {
        return format;
    }

    public Kernel kernel() {
        return kernel;
    }

    /** Entries of one layer in {@link #layers}. */
    public int stride() {
        return STRIDE;
    }

    /** All layers' tensors, in the order of projections/fused.py. */
    public IValue layers() {
        return pinned;
    }

    /** [vocab, d]. */
    public NDArray embedding() {
        return embedding;
    }

    /** [positions, d] of learned positions, else null. */
    public NDArray positionTable() {
        return positionTable;
    }

    public NDArray finalGain() {
        return finalGain;
    }

    /** Output matrix and its auxiliary tensor; null where the other copy's head serves. */
    public NDList head() {
        return head;
    }

    public AngleTable angles() {
        return angles;
    }

    /** Bytes of the matrices held by this copy, a shared embedding table left out. */
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        pinned.close();
        kernel.close();
        manager.close();
    }
}

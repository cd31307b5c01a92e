package dev.engram.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.LmConfig;
import dev.engram.model.source.Checkpoint;
import dev.engram.model.source.ModelHash;

/**
 * What a decoder computes with: the owner of its tensors and one or two copies of its weights. The first copy decodes; where
 * its format is slow on many rows, a second one in a plain format reads prompts.
 */
public final class Backend implements AutoCloseable {
    /** Rows of one call from which the second copy is used; below, packed formats read fewer bytes. */
    private static final int MANY_ROWS = 8;

    private final NDManager manager;
    private final Kernel tools;
    private final Weights first;
    private final Weights second;
    private final String fingerprint;

    /**
     * Loads the weights.
     *
     * @param manager owner of all native memory; closed with this
     * @param prompts format of the second copy, or null for one copy
     */
    public Backend(
            NDManager manager, LmConfig config, Checkpoint checkpoint, WeightFormat decode, WeightFormat prompts) {
        this.manager = manager;
        this.tools = Kernels.tools(manager);
        this.fingerprint = ModelHash.sample(checkpoint);
        try (TensorLoader loader = new TensorLoader(checkpoint, tools, manager)) {
            this.first = new Weights(manager, config, loader, decode, null);
            this.second = prompts == null ? null : new Weights(manager, config, loader, prompts, first);
        }
        NativeHeap.trim();
    }

    /**
     * Positions of the next tokens; a padded row counts from its first real token.
     *
     * @param padding padding tokens at the left of each row; empty for none
     * @return [1|batch, tokens]
     */
    public static NDArray positions(NDManager out, int first, int tokens, int[] padding) {
        int[][] positions = new int[Math.max(1, padding.length)][tokens];
        for (int b = 0; b < positions.length; b++) {
            int shift = padding.length == 0 ? 0 : padding[b];
            for (int t = 0; t < tokens; t++) {
                positions[b][t] = Math.max(0, first + t - shift);
            }
        }
        return Kernel.ids(out, positions);
    }

    public NDManager manager() {
        return manager;
    }

    /** Small tensor work on any type. */
    public Kernel tools() {
        return tools;
    }

    /** The copy that serves a call with this many rows (batch × tokens). */
    public Weights weightsFor(int rows) {
        return second != null && rows >= MANY_ROWS ? second : first;
    }

    public Weights first() {
        return first;
    }

    /** The copy whose head serves this many rows. */
    public Weights headFor(int rows) {
        Weights w = weightsFor(rows);
        return w.head() == null ? first : w;
    }

    /** PyTorch's code of the cache's type. */
    public int cacheType() {
        return first.format().dtype();
    }

    public int bytesPerValue() {
        return first.format().bytesPerValue();
    }

    /** Bytes of all weight copies. */
    public long weightBytes() {
        return first.bytes() + (second == null ? 0 : second.bytes());
    }

    /** Tells the checkpoint's weights from another's, whatever the format; see {@link ModelHash#sample}. */
    public String fingerprint() {
        return fingerprint;
    }

    /** Formats and kernels in use. */
    public String describe() {
        return first.format().describe()
                + (second == null ? "" : " + prompts " + second.format().describe());
    }

    @Override
    public void close() {
        if (second != null) {
            second.close();
        }
        first.close();
        tools.close();
        manager.close();
        NativeHeap.trim();
    }
}

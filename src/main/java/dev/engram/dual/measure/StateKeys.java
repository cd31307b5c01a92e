package dev.engram.dual.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.model.BadInputException;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.report.Progress;
import java.util.List;

/**
 * Keys as they are in a language model: the hidden states of tokens at some depths, normed as LMCODE norms what it writes. One store a
 * depth; tokens that stand in no store ask.
 */
public final class StateKeys {
    private final int depths;
    private final int width;
    /** [depth][token][h]. */
    private final float[][][] states;

    /**
     * Reads texts.
     *
     * @param depths layers whose output is taken, evenly spaced
     * @param windows token ids, equally long
     */
    public StateKeys(Decoder decoder, int depths, List<int[]> windows) {
        int layers = decoder.config().layers();
        if (depths < 1 || depths > layers) {
            throw new BadInputException(
                    "The stores are " + depths + "; the model has " + layers + " layers, so give 1 to " + layers + ".");
        }
        this.depths = depths;
        this.width = decoder.config().hidden();
        int length = windows.get(0).length;
        states = new float[depths][windows.size() * length][];
        try (Progress progress = Progress.start("Reading texts for keys", windows.size())) {
            for (int w = 0; w < windows.size(); w++) {
                read(decoder, windows.get(w), w * length, layers / depths);
                progress.step();
            }
        }
    }

    private void read(Decoder decoder, int[] ids, int first, int step) {
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(1)) {
            decoder.forward(scope, new int[][] {ids}, cache, Seams.none().withHook(new Seams.HiddenHook() {
                @Override
                public NDArray afterLayer(int layer, NDArray x) { // [1, tokens, h]
                    int depth = (layer + 1) / step - 1;
                    if ((layer + 1) % step == 0 && depth < depths) {
                        float[] flat = x.toFloatArray();
                        for (int t = 0; t < ids.length; t++) {
                            states[depth][first + t] = normed(flat, t * width);
                        }
                    }
                    return x;
                }
            }));
        }
    }

    private float[] normed(float[] x, int from) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += (double) x[from + i] * x[from + i];
        }
        float scale = (float) (1 / Math.sqrt(sum / width + 1e-5));
        float[] y = new float[width];
        for (int i = 0; i < width; i++) {
            y[i] = x[from + i] * scale;
        }
        return y;
    }

    /** Tokens that were read. */
    public int tokens() {
        return states[0].length;
    }

    /** One store a depth with the first tokens. */
    public LongTermMemory[] stores(int slots, long seed) {
        LongTermMemory[] stores = new LongTermMemory[depths];
        for (int d = 0; d < depths; d++) {
            stores[d] = new LongTermMemory(slots, width, ReplacementPolicy.FIFO, seed);
            for (int t = 0; t < slots; t++) {
                stores[d].write(states[d][t], states[d][t], 1);
            }
        }
        return stores;
    }

    /** What token {@code last - number} asks each store, [depth][h]. */
    public float[][] query(int number) {
        float[][] query = new float[depths][];
        for (int d = 0; d < depths; d++) {
            query[d] = states[d][tokens() - 1 - number];
        }
        return query;
    }
}

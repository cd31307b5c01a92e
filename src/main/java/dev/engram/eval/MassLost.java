package dev.engram.eval;

import ai.djl.ndarray.NDArray;
import dev.engram.model.Seams;
import java.util.Arrays;

/**
 * Attention mass lost: of the attention that the full cache's queries pay, the share that goes to slots which a policy has
 * dropped. Beside it stands an oracle that keeps as many slots per layer and head, namely those that these very queries pay
 * most attention to; nobody who keeps as many can lose less. Watches the full cache, one chunk of text at a time.
 */
final class MassLost implements Seams.AttentionWatch {
    /** [layers][kvHeads][slots], summed over the chunk's queries. */
    private final float[][][] received;

    private int queries;

    MassLost(int layers) {
        received = new float[layers][][];
    }

    /**
     * What one layer lost in a chunk, mean over its heads and the chunk's queries.
     *
     * @param share of attention paid to dropped slots
     * @param oracle the same for the best choice of as many slots
     * @param overlap share of the kept slots that the oracle keeps too
     */
    record Lost(double share, double oracle, double overlap) {}

    /** Sums over all queries of the coming chunk. */
    void expect(int tokens) {
        queries = tokens;
    }

    @Override
    public int queries() {
        return queries;
    }

    @Override
    public void received(int layer, NDArray attention) {
        int heads = (int) attention.getShape().get(1);
        int slots = (int) attention.getShape().get(2);
        float[] flat = attention.toFloatArray();
        received[layer] = new float[heads][];
        for (int h = 0; h < heads; h++) {
            received[layer][h] = Arrays.copyOfRange(flat, h * slots, (h + 1) * slots);
        }
    }

    /**
     * Compares with a policy's cache as it stood before the chunk.
     *
     * @param ledger null for the full cache
     */
    Lost[] of(SlotLedger ledger) {
        Lost[] lost = new Lost[received.length];
        for (int i = 0; i < lost.length; i++) {
            lost[i] = ledger == null ? new Lost(0, 0, 1) : layer(i, ledger);
        }
        return lost;
    }

    private Lost layer(int layer, SlotLedger ledger) {
        double share = 0;
        double oracle = 0;
        double overlap = 0;
        int heads = received[layer].length;
        for (int h = 0; h < heads; h++) {
            Lost head = head(received[layer][h], ledger.tokens(layer, h), ledger.seen());
            share += head.share() / heads;
            oracle += head.oracle() / heads;
            overlap += head.overlap() / heads;
        }
        return new Lost(share, oracle, overlap);
    }

    /**
     * One head.
     *
     * @param attention per token fed, those of the chunk last
     * @param kept tokens held when the chunk began
     * @param old tokens fed before the chunk
     */
    static Lost head(float[] attention, int[] kept, int old) {
        if (kept.length == old) {
            return new Lost(0, 0, 1);
        }
        float[] sorted = Arrays.copyOf(attention, old);
        Arrays.sort(sorted);
        double least = kept.length == 0 ? Double.POSITIVE_INFINITY : sorted[old - kept.length];
        double all = 0;
        for (float a : sorted) {
            all += a;
        }
        double total = all;
        for (int s = old; s < attention.length; s++) {
            total += attention[s];
        }
        double held = 0;
        int common = 0;
        for (int token : kept) {
            held += attention[token];
            common += attention[token] >= least ? 1 : 0;
        }
        double best = 0;
        for (int s = old - kept.length; s < old; s++) {
            best += sorted[s];
        }
        double overlap = kept.length == 0 ? 1 : (double) common / kept.length;
        return new Lost((all - held) / total, (all - best) / total, overlap);
    }
}

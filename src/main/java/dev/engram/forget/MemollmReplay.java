package dev.engram.forget;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.forget.MemollmMemory.Fault;
import dev.engram.model.CachePolicy;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.Set;

/**
 * The original of seed 000 (memollm, commit 35ae783) on this cache, faults included: retention is taken before the pass, the
 * pass reads a copy of the cache multiplied by it, and what then falls below the threshold is deleted layer by layer.
 *
 * <p>Differs from the original: where a layer is longer than layer 0, its library cannot go on (an exception, or a new token
 * that does not see itself); here the pass sees all slots. The original's number format is f16; the model's own is used, and
 * only decisions may be rounded to f16.
 */
public final class MemollmReplay implements CachePolicy {
    private final Set<Fault> faults;
    private final double timePerToken;
    private final double threshold;
    private final boolean half;
    private MemollmMemory memory;
    private NDManager pass;
    private float[][] retention;
    private boolean faded;
    private int step;

    public MemollmReplay(double timePerToken, double threshold, boolean half, Set<Fault> faults) {
        this.timePerToken = timePerToken;
        this.threshold = threshold;
        this.half = half;
        this.faults = Set.copyOf(faults);
    }

    @Override
    public int queries() {
        return 1;
    }

    @Override
    public Seams equip(Seams seams) {
        return faults.contains(Fault.SCALING) ? seams : seams.withBias(this::bias);
    }

    /** ln R of the slots before this pass; [1, 1, 1, slots]. */
    private NDArray bias(int layer, int slots) {
        if (retention == null) {
            return null;
        }
        float[] log = new float[slots];
        // layer 0 may be longer than this one
        for (int i = 0; i < Math.min(slots, retention[layer].length); i++) {
            log[i] = (float) Math.log(Math.max(retention[layer][i], 1e-30f));
        }
        return pass.create(log, new Shape(1, 1, 1, slots));
    }

    @Override
    public void before(KvCache cache, int newTokens) {
        if (memory == null) {
            memory = new MemollmMemory(cache.layers(), timePerToken, threshold, half, faults);
        }
        close();
        pass = cache.newScope();
        if (step == 0) {
            return;
        }
        int first = cache.length(0);
        boolean stale = faults.contains(Fault.STALE_POSITIONS);
        retention = new float[cache.layers()][];
        float[][] factors = new float[cache.layers()][];
        for (int i = 0; i < factors.length; i++) {
            int n = cache.length(i);
            retention[i] = memory.retention(i, stale ? first : n);
            factors[i] = new float[n];
            java.util.Arrays.fill(factors[i], 1);
            if (retention[i].length >= n) { // a layer longer than layer 0 is read as it is
                System.arraycopy(retention[i], 0, factors[i], 0, n);
            }
        }
        if (stale) {
            cache.continueAt(first);
        }
        if (faults.contains(Fault.SCALING)) {
            cache.fade(factors);
            faded = true;
        }
    }

    @Override
    public int[][] keep(Layer layer) {
        if (faded) {
            layer.cache().unfade();
            faded = false;
        }
        memory.rehearse(layer.index(), Ebbinghaus.mean(layer.received()));
        int[] kept = retention == null ? null : memory.decide(layer.index(), retention[layer.index()]);
        return kept == null ? null : new int[][] {kept};
    }

    @Override
    public void after(KvCache cache) {
        memory.tick(step++);
        close();
    }

    private void close() {
        if (pass != null) {
            pass.close();
            pass = null;
        }
    }
}

package dev.engram.recall;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.Sampler;
import dev.engram.model.engine.VectorScan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The counterpart of the token head: a query in, one logit per memory out, then the same processors and warpers as for tokens.
 * The bank may be written to between recalls.
 *
 * <p>Differs from the seed in a scale (cosines as logits at T = 0.8 hardly prefer the best memory), a slot for "nothing" and a
 * floor. {@link MemoryHeadConfig#seed} has none of them.
 */
public final class MemoryHead implements AutoCloseable {
    private final NDManager manager;
    private final MemoryBank bank;
    private final MemoryHeadConfig config;
    private final float[] nothing;
    private VectorScan scan;
    private long scanned = -1;

    /**
     * A head over a bank.
     *
     * @param parent owner of its native memory
     * @param nothing unit vector of the nothing slot, [width]; null where none was learned: then the slot's cosine is 0
     */
    public MemoryHead(NDManager parent, MemoryBank bank, MemoryHeadConfig config, float[] nothing) {
        if (nothing != null && nothing.length != bank.width()) {
            throw new BadInputException("The vector of the nothing slot has " + nothing.length
                    + " numbers, but the bank's have " + bank.width() + "; load the head that belongs to the bank.");
        }
        this.manager = parent.newSubManager();
        this.bank = bank;
        this.config = config;
        this.nothing = nothing == null ? null : nothing.clone();
    }

    public MemoryBank bank() {
        return bank;
    }

    public MemoryHeadConfig config() {
        return config;
    }

    /** The vector that is injected when nothing fits; null where none was learned. */
    public float[] nothing() {
        return nothing == null ? null : nothing.clone();
    }

    /** The sampler of one answer's recalls: tokens' own class with the head's settings. */
    public Sampler newSampler() {
        return new Sampler(
                config.useSampling() ? config.sampling() : config.sampling().withTemperature(0));
    }

    /** Cosines of a raw query with all memories, [size]. */
    public float[] cosines(float[] query) {
        return bank.size() == 0 ? new float[0] : scan().scores(bank.centring().query(query));
    }

    /** Logits of all memories, and of the nothing slot at the end where it is on; below the floor −∞. */
    public float[] logits(float[] query) {
        return logits(cosines(query), bank.centring().query(query));
    }

    private float[] logits(float[] cosines, float[] unitQuery) {
        float[] logits = Arrays.copyOf(cosines, cosines.length + (config.abstain() ? 1 : 0));
        for (int i = 0; i < cosines.length; i++) {
            logits[i] = cosines[i] < config.floor() ? Float.NEGATIVE_INFINITY : (float) (config.scale() * cosines[i]);
        }
        if (config.abstain()) {
            logits[cosines.length] = (float) (config.scale() * (nothingCosine(unitQuery) + config.bias()));
        }
        return logits;
    }

    private double nothingCosine(float[] unitQuery) {
        double sum = 0;
        for (int i = 0; nothing != null && i < nothing.length; i++) {
            sum += nothing[i] * unitQuery[i];
        }
        return sum;
    }

    /** Chooses with a sampler of its own. */
    public Choice choose(float[] query) {
        return choose(query, newSampler());
    }

    /**
     * Chooses a memory and counts the hit; an empty bank, or one with all memories below the floor, gives an abstention.
     *
     * @param query raw hidden state, [width]
     */
    public Choice choose(float[] query, Sampler sampler) {
        float[] cosines = cosines(query);
        float[] logits = logits(cosines, bank.centring().query(query));
        List<Choice.Candidate> best = best(cosines, logits);
        boolean open = false;
        for (int i = 0; i < cosines.length && !open; i++) {
            open = logits[i] > Float.NEGATIVE_INFINITY;
        }
        int at = open ? sampler.choose(logits) : Choice.NONE;
        if (at == Choice.NONE || at == cosines.length) {
            return new Choice(Choice.NONE, Double.NaN, best);
        }
        bank.selected(at);
        return new Choice(at, cosines[at], best);
    }

    /** The memory with the largest cosine, without sampling, abstaining or counting; the bank may not be empty. */
    public int best(float[] query) {
        float[] cosines = cosines(query);
        int best = 0;
        for (int i = 1; i < cosines.length; i++) {
            best = cosines[i] > cosines[best] ? i : best;
        }
        return best;
    }

    private List<Choice.Candidate> best(float[] cosines, float[] logits) {
        PriorityQueue<Integer> least = new PriorityQueue<>(Comparator.comparingDouble((Integer i) -> cosines[i]));
        for (int i = 0; i < cosines.length; i++) {
            if (least.size() < config.topK()) {
                least.add(i);
            } else if (cosines[i] > cosines[least.peek()]) {
                least.poll();
                least.add(i);
            }
        }
        List<Choice.Candidate> best = new ArrayList<>();
        while (!least.isEmpty()) {
            int i = least.poll();
            best.add(0, new Choice.Candidate(i, cosines[i], logits[i]));
        }
        return best;
    }

    private VectorScan scan() {
        if (scanned != bank.version()) {
            closeScan();
            scan = new VectorScan(manager, bank.vectors(), bank.width());
            scanned = bank.version();
        }
        return scan;
    }

    private void closeScan() {
        if (scan != null) {
            scan.close();
            scan = null;
        }
    }

    @Override
    public void close() {
        closeScan();
        manager.close();
    }
}

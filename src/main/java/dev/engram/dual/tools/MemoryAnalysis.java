package dev.engram.dual.tools;

import ai.djl.ndarray.NDManager;
import dev.engram.dual.Lmcode;
import dev.engram.dual.LongTermMemory;
import dev.engram.dual.MemoryState;
import dev.engram.dual.ParameterCount;
import dev.engram.dual.Retrieved;
import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The seed's analyze_memory_capacity, compute_memory_efficiency and generate_memory_report. */
public final class MemoryAnalysis {
    private static final int SLOWEST_SAMPLE = 256;

    /**
     * How full a layer's long-term memories are after the sequences, means over them.
     *
     * @param used slots in use
     * @param share of the slots that are
     * @param read share of the used slots that a retrieval has found
     * @param effective slots that would be found if all were found equally often: the exponential of the entropy of the hits
     * @param nearest mean cosine of a key with the nearest other one; near 1, consolidation would merge much
     * @param found share of slots that their own key finds first
     */
    public record Capacity(
            int layer, double used, double share, double read, double effective, double nearest, double found) {}

    /**
     * What the memories cost.
     *
     * @param learnedShare share of the trained numbers that read and write memories
     * @param totalShare the same with the slots of full long-term stores counted
     * @param shortTermBytes of one sequence
     * @param longTermBytes of one sequence with all slots full
     * @param searchMultiplications of one token in all layers by exact search
     * @param forwardMultiplications of one token in all matrices that are trained
     */
    public record Efficiency(
            double learnedShare,
            double totalShare,
            long shortTermBytes,
            long longTermBytes,
            long searchMultiplications,
            long forwardMultiplications) {}

    private MemoryAnalysis() {}

    /**
     * Reads each sequence into memories of its own and looks at what they then hold.
     *
     * @param sequences token ids of any length; they are read window by window
     */
    public static List<Capacity> analyzeMemoryCapacity(Lmcode model, List<int[]> sequences) {
        if (sequences.isEmpty() || !model.config().memories().longTerm()) {
            throw new BadInputException("The capacity of " + model.config().memories() + " memories over "
                    + sequences.size() + " sequences cannot be analysed; give a model with a long-term memory and at"
                    + " least one sequence.");
        }
        int layers = model.config().numLayers();
        double[][] sums = new double[layers][];
        Arrays.setAll(sums, i -> new double[6]);
        for (int[] sequence : sequences) {
            try (MemoryState state = model.newState(1)) {
                read(model, sequence, state);
                for (int i = 0; i < layers; i++) {
                    double[] one = measures(state.longTerm(i, 0));
                    for (int j = 0; j < one.length; j++) {
                        sums[i][j] += one[j] / sequences.size();
                    }
                }
            }
        }
        List<Capacity> all = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            double[] m = sums[i];
            all.add(new Capacity(i, m[0], m[1], m[2], m[3], m[4], m[5]));
        }
        return all;
    }

    /** Reads a sequence window by window into a state of one row. */
    static void read(Lmcode model, int[] sequence, MemoryState state) {
        int window = model.config().window();
        for (int at = 0; at < sequence.length; at += window) {
            try (NDManager step = model.newScope()) {
                int[] segment = Arrays.copyOfRange(sequence, at, Math.min(sequence.length, at + window));
                model.forward(step, new int[][] {segment}, state);
            }
        }
    }

    private static double[] measures(LongTermMemory memory) {
        int used = memory.size();
        if (used == 0) {
            return new double[6];
        }
        int[] slots = new int[used];
        int n = 0;
        long hits = 0;
        int read = 0;
        for (int s = memory.nextUsed(0); s >= 0; s = memory.nextUsed(s + 1)) {
            slots[n++] = s;
            hits += memory.hits(s);
            read += memory.hits(s) > 0 ? 1 : 0;
        }
        double entropy = 0;
        for (int s : slots) {
            double p = hits == 0 ? 0 : memory.hits(s) / (double) hits;
            entropy -= p == 0 ? 0 : p * Math.log(p);
        }
        int every = Math.max(1, used / SLOWEST_SAMPLE);
        double nearest = 0;
        int found = 0;
        int asked = 0;
        for (int i = 0; i < used; i += every, asked++) {
            float[] key = memory.key(slots[i]);
            double most = used == 1 ? 0 : -1;
            for (int other : slots) {
                if (other != slots[i]) {
                    most = Math.max(most, cosine(key, memory.key(other)));
                }
            }
            nearest += most;
            Retrieved first = memory.search(key, 1);
            found += first.slots()[0] == slots[i] ? 1 : 0;
        }
        return new double[] {
            used,
            used / (double) memory.slots(),
            read / (double) used,
            hits == 0 ? 0 : Math.exp(entropy),
            nearest / asked,
            found / (double) asked
        };
    }

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
    }

    /** Counts; nothing is run. */
    public static Efficiency computeMemoryEfficiency(Lmcode model) {
        ParameterCount counts = ParameterCount.of(model.config());
        long shortTerm = counts.shortTermState(); // as many numbers as the state of one sequence
        return new Efficiency(
                counts.memoryShare(),
                counts.memoryShareWithSlots(),
                4 * shortTerm,
                4 * counts.longTermSlots(),
                counts.longTermSlots() / 2,
                counts.learned() - counts.positions() - shortTerm);
    }
}

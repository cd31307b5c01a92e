package dev.engram.dual;

import java.util.ArrayList;
import java.util.List;

/**
 * The numbers of an LMCODE model by category. Seed 004 claims that about 2 % of the parameters are "dedicated to memory" and does not say
 * what is counted: the matrices that read and write the memories, which are learned, or also the slots, which are not.
 *
 * @param category what the numbers are
 * @param memory whether they belong to a memory
 * @param learned whether they are trained, or are a memory's content
 * @param numbers how many
 */
public record ParameterCount(String category, boolean memory, boolean learned, long numbers) {

    /** All categories of a configuration; one sequence's states. */
    public static List<ParameterCount> of(LmcodeConfig config) {
        long h = config.hiddenSize();
        long layers = config.numLayers();
        long inner = config.decoder().intermediate();
        List<ParameterCount> all = new ArrayList<>();
        all.add(new ParameterCount("token embeddings and head (tied)", false, true, config.vocabSize() * h));
        all.add(new ParameterCount("position embeddings", false, true, config.window() * h));
        all.add(new ParameterCount("self-attention", false, true, layers * 4 * h * h));
        all.add(new ParameterCount("feed-forward", false, true, layers * 3 * h * inner));
        all.add(new ParameterCount("norms", false, true, (2 * layers + 1) * h));
        all.add(new ParameterCount("short-term projections, gate and first state", true, true, memory(config, "short_term")));
        all.add(new ParameterCount("long-term projections and gate", true, true, memory(config, "long_term")));
        long shortTerm = config.memories().shortTerm() ? config.shortTermMemorySize() : 0;
        long longTerm = config.memories().longTerm() ? config.longTermMemorySlots() : 0;
        all.add(new ParameterCount("short-term state", true, false, layers * shortTerm * h));
        all.add(new ParameterCount("long-term slots", true, false, layers * longTerm * 2 * h));
        return all;
    }

    private static long memory(LmcodeConfig config, String part) {
        return MemoryParameters.shapes(config).entrySet().stream()
                .filter(e -> e.getKey().contains(part))
                .mapToLong(e -> e.getValue().size())
                .sum();
    }

    /** Share of the learned numbers that read and write the memories. */
    public static double learnedShare(LmcodeConfig config) {
        List<ParameterCount> all = of(config);
        return sum(all, true, true, false) / (double) (sum(all, true, true, false) + sum(all, false, true, false));
    }

    /** Share of all numbers, learned or stored, that belong to the memories. */
    public static double totalShare(LmcodeConfig config) {
        List<ParameterCount> all = of(config);
        return sum(all, true, true, true) / (double) (sum(all, true, true, true) + sum(all, false, true, true));
    }

    private static long sum(List<ParameterCount> all, boolean memory, boolean learned, boolean stored) {
        return all.stream()
                .filter(c -> c.memory == memory && (c.learned ? learned : stored))
                .mapToLong(ParameterCount::numbers)
                .sum();
    }
}

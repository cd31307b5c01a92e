package dev.engram.cli;

import dev.engram.forget.Budget;
import dev.engram.forget.EvictionConfig;
import dev.engram.forget.MemoryEnhanced;
import dev.engram.forget.Policies;
import dev.engram.model.BadInputException;
import dev.engram.report.Tables;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** How the mode memory_enhanced forgets; what is not given is {@link MemoryEnhanced#defaults}. */
public final class MemoryOptions {
    private static final String SOFT = "ebbinghaus-soft";
    private static final String SOFT_HARD = "ebbinghaus-soft-hard";

    @Option(
            names = "--hard_delete_threshold",
            paramLabel = "R",
            description = "Delete what is retained to less than this share, in (0, 1) (default: 0.01).")
    private Double threshold;

    @Option(
            names = "--policy",
            paramLabel = "NAME",
            description = "Who is forgotten; \"list\" prints all (default: " + MemoryEnhanced.POLICY + ").")
    private String policy;

    @Option(
            names = "--budget",
            paramLabel = "B",
            description =
                    "The most that a layer keeps: tokens (256), a share (25%% or 0.25), or bytes of all layers (8MB).")
    private String budget;

    @Option(
            names = "--sinks",
            paramLabel = "N",
            description = "First slots that are never deleted (default: " + MemoryEnhanced.SINKS + ").")
    private Integer sinks;

    @Option(
            names = "--recent",
            paramLabel = "N",
            description = "Last slots that are never deleted (default: " + MemoryEnhanced.RECENT + ").")
    private Integer recent;

    @Option(
            names = "--every",
            paramLabel = "N",
            description = "Decide every N tokens (default: " + MemoryEnhanced.EVERY + ").")
    private Integer every;

    @Option(
            names = "--rebase",
            description =
                    "Give kept tokens consecutive positions, so that a text may be longer than the model's context.")
    private boolean rebase;

    @Option(names = "--pyramid", description = "Share the budget so that it falls from the first layer to the last.")
    private boolean pyramid;

    @Option(
            names = "--soft",
            description = "Let attention fade with retention; deletes only with --hard_delete_threshold too.")
    private boolean soft;

    /** A line of the list. */
    private record Line(String name, String family, String keeps, String source) {}

    /** Whether only the list of policies is wanted. */
    boolean wantsList() {
        return "list".equals(policy);
    }

    static Table list() {
        return Tables.of(
                "Policies",
                Policies.all().stream()
                        .map(p -> new Line(p.name(), p.family(), p.summary(), p.source()))
                        .toList());
    }

    /** Refuses flags that say how to forget where nothing is forgotten. */
    void requireNone() {
        Map<String, Boolean> given = new LinkedHashMap<>();
        given.put("--hard_delete_threshold", threshold != null);
        given.put("--policy", policy != null);
        given.put("--budget", budget != null);
        given.put("--sinks", sinks != null);
        given.put("--recent", recent != null);
        given.put("--every", every != null);
        given.put("--rebase", rebase);
        given.put("--pyramid", pyramid);
        given.put("--soft", soft);
        given.values().removeIf(on -> !on);
        if (!given.isEmpty()) {
            throw new BadInputException(given.keySet().iterator().next()
                    + " says how to forget, and --mode baseline keeps everything; add --mode memory_enhanced.");
        }
    }

    /** The settings; wrong and contradicting ones are refused here, before a model is opened. */
    public MemoryEnhanced settings() {
        MemoryEnhanced memory = MemoryEnhanced.defaults().withPolicy(name());
        EvictionConfig e = memory.eviction()
                .withProtection(
                        or(sinks, memory.eviction().sinks()),
                        or(recent, memory.eviction().recent()))
                .withEvery(or(every, rhythm(memory)))
                .withSpread(pyramid ? EvictionConfig.Spread.PYRAMID : EvictionConfig.Spread.UNIFORM)
                .withRebase(rebase);
        memory = memory.withEviction(budget == null ? e : e.withBudget(Budget.parse(budget)));
        memory = threshold == null ? memory : memory.withThreshold(threshold);
        memory.create();
        return memory;
    }

    private String name() {
        if (soft && policy != null && !policy.equals(MemoryEnhanced.POLICY)) {
            throw new BadInputException("--soft is a form of --policy " + MemoryEnhanced.POLICY + ", but --policy is "
                    + policy + "; drop one of the two.");
        }
        if (soft) {
            return threshold == null ? SOFT : SOFT_HARD;
        }
        return policy == null ? MemoryEnhanced.POLICY : policy;
    }

    /** SnapKV has a rhythm of its own, which 1 leaves to it. */
    private static int rhythm(MemoryEnhanced memory) {
        return memory.policy().startsWith("snapkv") ? 1 : memory.eviction().every();
    }

    private static int or(Integer given, int otherwise) {
        return given == null ? otherwise : given;
    }
}

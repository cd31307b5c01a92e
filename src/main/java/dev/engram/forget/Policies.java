package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All policies by name: one list for the command line, the tests, the notebooks and the README's table.
 *
 * <p>Some papers protect slots of their own, such as H2O's recent half. {@link Spec#make} adds that to the settings given, so a
 * policy is what its paper says; {@link Spec#equal} takes the settings as they are, so that policies are compared by their
 * scores alone.
 */
public final class Policies {
    /** Retention below which the seed deletes. */
    public static final double THRESHOLD = 0.01;

    /** Seed of the random policy. */
    public static final long SEED = 20;

    /** Time constant in tokens of the seed's rivals; that of the seed's own curve stands in {@link MemoryEnhanced}. */
    private static final double TOKENS = 40;

    private static final int SINKS = 4;
    private static final int WINDOW = 32;
    private static final int GRACE = 16;

    private static final List<Spec> ALL = List.of(
            new Spec("full", "baseline", "keeps everything", "", false, config -> null, config -> null),
            scored("random", "baseline", "a uniform sample of the text", "", () -> new RandomChoice(SEED)),
            scored("window", "baseline", "keeps the most recent", "", Recency::new),
            scored(
                    "streaming-llm",
                    "baseline",
                    "the first 4 and the most recent",
                    "Xiao et al. 2023, arXiv 2309.17453",
                    Recency::new,
                    config -> config.withProtection(Math.max(SINKS, config.sinks()), config.recent())),
            scored(
                    "h2o",
                    "attention",
                    "most attention received, and a recent half",
                    "Zhang et al. 2023, arXiv 2306.14048",
                    () -> new HeavyHitters(1),
                    config -> config.withRecentShare(Math.max(0.5, config.recentShare()))),
            scored(
                    "h2o-decay",
                    "attention",
                    "attention received, fading by 2 % a token; 16 new tokens are spared",
                    "H2O with the decay of VeloxQuant-MLX",
                    () -> new HeavyHitters(0.98),
                    config -> config.withProtection(config.sinks(), Math.max(GRACE, config.recent()))),
            scored(
                    "tova",
                    "attention",
                    "most attention from the last query, one choice for all heads",
                    "Oren et al. 2024, arXiv 2401.06104",
                    Tova::new),
            scored(
                    "snapkv",
                    "attention",
                    "most attention from the last 32 queries, pooled; again every 32 tokens",
                    "Li et al. 2024, arXiv 2404.14469",
                    () -> new SnapKv(WINDOW, 5),
                    Policies::everyWindow),
            scored(
                    "snapkv-prefill",
                    "attention",
                    "the same, once after the prompt; what is generated stays",
                    "Li et al. 2024, arXiv 2404.14469",
                    () -> new SnapKv(WINDOW, 5),
                    config -> everyWindow(config).withPhase(EvictionConfig.Phase.PREFILL)),
            scored(
                    "expected-attention",
                    "attention",
                    "most attention expected from the next 512 queries, times the value's length",
                    "Devoto et al. 2025, arXiv 2510.00636",
                    () -> new ExpectedAttention(SINKS, 512, 512)),
            scored("knorm", "geometry", "the shortest keys", "Devoto et al. 2024, arXiv 2406.11430", KeyNorm::new),
            scored(
                    "keydiff",
                    "geometry",
                    "keys unlike the mean key",
                    "Park et al. 2025, arXiv 2504.15364",
                    KeyDiff::new),
            scored(
                    "lagkv",
                    "geometry",
                    "keys and values that stand out from the next 32",
                    "Liang et al. 2025, arXiv 2504.04704",
                    () -> new LagKv(SINKS, 32)),
            both(
                    "ebbinghaus-documented",
                    "forgetting",
                    "the seed's constants: nothing can be deleted before token 461",
                    "seed 000",
                    config -> hard(EbbinghausConfig.documented(), config)),
            both(
                    "ebbinghaus",
                    "forgetting",
                    "a curve whose time constant is stated in tokens; deletes below a retention of 1 %",
                    "seed 000, calibrated",
                    config -> hard(MemoryEnhanced.curve(), config)),
            scored(
                    "ebbinghaus-budget",
                    "forgetting",
                    "the least retained go, until the budget holds; time is felt by its logarithm",
                    "seed 000; Ebbinghaus 1885",
                    () -> new Ebbinghaus(EbbinghausConfig.budget(TOKENS))),
            scored(
                    "ebbinghaus-linear",
                    "forgetting",
                    "the same with time counted in tokens, as in the seed, not felt by its logarithm",
                    "seed 000, calibrated",
                    () -> new Ebbinghaus(MemoryEnhanced.curve())),
            scored(
                    "ebbinghaus-plain",
                    "forgetting",
                    "the same with the seed's rule: one state a layer, strength never fades",
                    "seed 000",
                    () -> new Ebbinghaus(EbbinghausConfig.plain(TOKENS))),
            scored(
                    "ebbinghaus-graded",
                    "forgetting",
                    "the same, every glance making a token a little younger",
                    "seed 000, calibrated",
                    () -> new Ebbinghaus(EbbinghausConfig.graded(TOKENS))),
            keeping(
                    "ebbinghaus-soft",
                    "forgetting",
                    "ln R is added to the attention logits, nothing is deleted",
                    "seed 000; form of FoX (Lin et al. 2025)",
                    config -> soft(
                            MemoryEnhanced.curve(),
                            config.withBudget(Budget.unlimited()).withFloor(Double.NaN))),
            both(
                    "ebbinghaus-soft-hard",
                    "forgetting",
                    "fades by ln R and deletes below a retention of 1 %",
                    "seed 000",
                    config -> soft(MemoryEnhanced.curve(), floored(config))),
            scored(
                    "memorybank",
                    "forgetting",
                    "R = exp(−t / S); a recall adds 1 to S and sets t to 0",
                    "Zhong et al. 2023, arXiv 2305.10250",
                    () -> new MemoryBank(TOKENS)),
            scored(
                    "power-law",
                    "forgetting",
                    "λ (1 + βt)^−ψ; attention raises λ, a recall sets t to 0",
                    "Wickelgren 1974; Wixted and Carpenter 2007",
                    () -> new PowerLaw(0.5, TOKENS, 0.5)),
            scored(
                    "act-r",
                    "forgetting",
                    "ln Σ t^−d over all recalls",
                    "Anderson and Schooler 1991; Petrov 2006",
                    () -> new BaseLevel(0.5)),
            keeping(
                    "fox-fixed",
                    "forgetting",
                    "attention logits fall evenly with age, nothing is rehearsed or deleted",
                    "form of FoX (Lin et al. 2025) with a fixed rate",
                    config -> fading(256, config.withBudget(Budget.unlimited()))),
            oracle(() -> {
                throw new BadInputException("The oracle needs the future of the text: record it with"
                        + " FutureAttention.record and take Policies.oracle(future).");
            }));

    /** The original as its code stands; no rival, so it stands apart from {@link #all}. */
    private static final Spec ORIGINAL = both(
            "memollm-35ae783",
            "replay",
            "the original as its code stands, faults included; budget and protection do not apply",
            "seed 000, commit 35ae783",
            config -> new MemollmReplay(
                    0.01,
                    Double.isNaN(config.floor()) ? THRESHOLD : Math.exp(config.floor()),
                    false,
                    EnumSet.allOf(MemollmMemory.Fault.class)));

    private Policies() {}

    /**
     * A policy that can be chosen by name.
     *
     * @param name as on the command line
     * @param family baseline, attention, geometry, forgetting or oracle
     * @param summary what it keeps, in a few words
     * @param source paper or seed
     * @param deletes whether it ever deletes a slot; if not, its budget changes nothing
     * @param make a fresh policy for one cache, with what its paper protects besides; null for the full cache
     * @param equal the same with nothing but the given settings, for comparisons
     */
    public record Spec(
            String name,
            String family,
            String summary,
            String source,
            boolean deletes,
            Function<EvictionConfig, CachePolicy> make,
            Function<EvictionConfig, CachePolicy> equal) {}

    public static List<Spec> all() {
        return ALL;
    }

    /** Names of all that delete; without the oracle, whose future has to be recorded for every text. */
    public static List<String> deleting() {
        return ALL.stream()
                .filter(spec -> spec.deletes() && !spec.family().equals("oracle"))
                .map(Spec::name)
                .toList();
    }

    /** Finds a policy; an unknown name gives a {@link BadInputException} that lists the known ones. */
    public static Spec named(String name) {
        return Stream.concat(ALL.stream(), Stream.of(ORIGINAL))
                .filter(spec -> spec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new BadInputException("There is no policy '" + name + "'; choose one of "
                        + ALL.stream().map(Spec::name).collect(Collectors.joining(", ")) + ", " + ORIGINAL.name()
                        + "."));
    }

    /** A fresh policy for one cache; null for the full cache. */
    public static CachePolicy create(String name, EvictionConfig config) {
        return named(name).make().apply(config);
    }

    /** The oracle of one text, in place of the registry's, which knows none. */
    public static Spec oracle(FutureAttention future) {
        return oracle(() -> new Oracle(future));
    }

    /** The registry as a Markdown table. */
    public static String markdownTable() {
        StringBuilder table = new StringBuilder("| policy | family | keeps | source |\n|---|---|---|---|\n");
        for (Spec spec : ALL) {
            table.append(String.format(
                    "| `%s` | %s | %s | %s |\n", spec.name(), spec.family(), spec.summary(), spec.source()));
        }
        return table.toString();
    }

    private static Spec oracle(Supplier<SlotScorer> scorer) {
        return scored(
                "oracle",
                "oracle",
                "most attention still to come; needs a recorded run of the text",
                "kvpress",
                scorer);
    }

    private static Spec scored(String name, String family, String summary, String source, Supplier<SlotScorer> scorer) {
        return scored(name, family, summary, source, scorer, UnaryOperator.identity());
    }

    /** {@code own}: the settings with what the paper protects. */
    private static Spec scored(
            String name,
            String family,
            String summary,
            String source,
            Supplier<SlotScorer> scorer,
            UnaryOperator<EvictionConfig> own) {
        return new Spec(
                name,
                family,
                summary,
                source,
                true,
                config -> new Eviction(scorer.get(), own.apply(config)),
                config -> new Eviction(scorer.get(), config));
    }

    private static Spec both(
            String name, String family, String summary, String source, Function<EvictionConfig, CachePolicy> make) {
        return new Spec(name, family, summary, source, true, make, make);
    }

    /** Fades and deletes nothing. */
    private static Spec keeping(
            String name, String family, String summary, String source, Function<EvictionConfig, CachePolicy> make) {
        return new Spec(name, family, summary, source, false, make, make);
    }

    private static EvictionConfig everyWindow(EvictionConfig config) {
        if (config.every() > 1 && config.every() < WINDOW) {
            throw new BadInputException("SnapKV looks back over " + WINDOW + " tokens and cannot decide every "
                    + config.every() + " tokens; decide every " + WINDOW + " or more.");
        }
        int recent = Math.max(WINDOW, config.recent());
        return config.withEvery(Math.max(WINDOW, config.every())).withProtection(config.sinks(), recent);
    }

    private static CachePolicy hard(EbbinghausConfig curve, EvictionConfig config) {
        return new Eviction(new Ebbinghaus(curve), floored(config));
    }

    private static EvictionConfig floored(EvictionConfig config) {
        return Double.isNaN(config.floor()) ? config.withThreshold(THRESHOLD) : config;
    }

    private static CachePolicy soft(EbbinghausConfig curve, EvictionConfig config) {
        Ebbinghaus retention = new Ebbinghaus(curve);
        return new SoftForgetting(retention, new Eviction(retention, config));
    }

    private static CachePolicy fading(double tokens, EvictionConfig config) {
        Fading fading = new Fading(tokens);
        return new SoftForgetting(fading, new Eviction(fading, config), fading.rate());
    }
}

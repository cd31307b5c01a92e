package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** All policies by name: one list for the command line, the tests, the notebooks and the README's table. */
public final class Policies {
    /** Retention below which the seed deletes. */
    public static final double THRESHOLD = 0.01;

    private static final List<Spec> ALL = List.of(
            new Spec("full", "baseline", "keeps everything", "", config -> null),
            scored("window", "baseline", "keeps the most recent", "", Recency::new),
            new Spec(
                    "ebbinghaus-documented",
                    "forgetting",
                    "the seed's constants: nothing can be deleted before token 461",
                    "seed 000",
                    config -> hard(EbbinghausConfig.documented(), config)),
            new Spec(
                    "ebbinghaus",
                    "forgetting",
                    "a curve whose time constant is stated in tokens; deletes below a retention of 1 %",
                    "seed 000, calibrated",
                    config -> hard(MemoryEnhanced.curve(), config)),
            scored(
                    "ebbinghaus-budget",
                    "forgetting",
                    "the least retained go, until the budget holds",
                    "seed 000, calibrated",
                    () -> new Ebbinghaus(MemoryEnhanced.curve())),
            new Spec(
                    "ebbinghaus-soft",
                    "forgetting",
                    "ln R is added to the attention logits, nothing is deleted",
                    "seed 000; form of FoX (Lin et al. 2025)",
                    config -> soft(
                            MemoryEnhanced.curve(),
                            config.withBudget(Budget.unlimited()).withFloor(Double.NaN))),
            new Spec(
                    "ebbinghaus-soft-hard",
                    "forgetting",
                    "fades by ln R and deletes below a retention of 1 %",
                    "seed 000",
                    config -> soft(MemoryEnhanced.curve(), floored(config))));

    private Policies() {}

    /**
     * A policy that can be chosen by name.
     *
     * @param name as on the command line
     * @param family baseline, attention, geometry, forgetting or oracle
     * @param summary what it keeps, in a few words
     * @param source paper or seed
     * @param make a fresh policy for one cache; null for the full cache
     */
    public record Spec(
            String name, String family, String summary, String source, Function<EvictionConfig, CachePolicy> make) {}

    public static List<Spec> all() {
        return ALL;
    }

    /** Finds a policy; an unknown name gives a {@link BadInputException} that lists the known ones. */
    public static Spec named(String name) {
        return ALL.stream()
                .filter(spec -> spec.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new BadInputException("There is no policy '" + name + "'; choose one of "
                        + ALL.stream().map(Spec::name).collect(Collectors.joining(", ")) + "."));
    }

    /** A fresh policy for one cache; null for the full cache. */
    public static CachePolicy create(String name, EvictionConfig config) {
        return named(name).make().apply(config);
    }

    private static Spec scored(String name, String family, String summary, String source, Supplier<SlotScorer> scorer) {
        return new Spec(name, family, summary, source, config -> new Eviction(scorer.get(), config));
    }

    private static CachePolicy hard(EbbinghausConfig curve, EvictionConfig config) {
        return new Eviction(new Ebbinghaus(curve), floored(config));
    }

    private static EvictionConfig floored(EvictionConfig config) {
        return Double.isNaN(config.floor()) ? config.withFloor(Math.log(THRESHOLD)) : config;
    }

    private static CachePolicy soft(EbbinghausConfig curve, EvictionConfig config) {
        Ebbinghaus retention = new Ebbinghaus(curve);
        return new SoftForgetting(retention, new Eviction(retention, config));
    }
}

package dev.engram.cli;

import dev.engram.eval.LockStep;
import dev.engram.eval.Score;
import dev.engram.forget.EbbinghausLlm;
import dev.engram.forget.ForgettingResult;
import dev.engram.forget.GenerationMode;
import dev.engram.forget.MemoryEnhanced;
import dev.engram.model.CachePolicy;
import dev.engram.model.GenerationConfig;
import dev.engram.report.Format;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.descriptive.rank.Median;

/** Both modes on one prompt, in interleaved rounds, so that a drifting machine slows both alike. */
final class ModeComparison {
    private static final int ROUNDS = 3;

    private final EbbinghausLlm llm;
    private final int[] prompt;
    private final GenerationConfig config;
    private final MemoryEnhanced forgetting;
    private final Map<GenerationMode, List<ForgettingResult>> results = new EnumMap<>(GenerationMode.class);

    ModeComparison(EbbinghausLlm llm, int[] prompt, GenerationConfig config, MemoryEnhanced forgetting) {
        this.llm = llm;
        this.prompt = prompt;
        this.config = config;
        this.forgetting = forgetting;
    }

    /**
     * The baseline's text read by both caches in lock-step: how far the predictions of the forgetting one are from the full
     * one's; null where no token follows the first one.
     */
    private Score lockStep() {
        List<Integer> text = last(GenerationMode.BASELINE).generation().ids();
        int[] ids = IntStream.concat(Arrays.stream(prompt), text.stream().mapToInt(Integer::intValue))
                .limit(llm.lm().config().contextLength())
                .toArray();
        if (ids.length < prompt.length + 2) {
            return null;
        }
        Map<String, Supplier<CachePolicy>> policy =
                Map.of(GenerationMode.MEMORY_ENHANCED.key(), () -> forgetting.create());
        return new LockStep(llm.lm())
                .withChunk(1)
                .withoutMassLost()
                .fork(ids, prompt.length + 1, policy)
                .get(1);
    }

    /** Measures and prints; returns the exit code. */
    int run(Streams streams, GenerationReport report, boolean json, boolean verbose) {
        if (!measure(streams)) {
            return Interrupt.EXIT_CODE;
        }
        Score apart = lockStep();
        if (json) {
            JsonOutput out = new JsonOutput();
            results.keySet().forEach(mode -> out.add(mode.key(), fields(report, mode, verbose)));
            out.add("speed_ratio", ratio()).add("rounds", ROUNDS).add("first_difference", firstDifference());
            if (apart != null) {
                out.add("kl_mean", apart.meanKl()).add("top1_agreement", apart.agreement());
            }
            out.print(streams);
            return 0;
        }
        streams.out().print(Tables.text(Tables.of("", lines())));
        streams.out().println(sentences());
        if (apart != null) {
            streams.out()
                    .println(String.format(
                            Locale.ROOT,
                            "On the baseline's text its predictions differ by a KL of %.4f nats a token; the likeliest"
                                    + " token is the same in %.1f %%.",
                            apart.meanKl(),
                            100 * apart.agreement()));
        }
        if (verbose) {
            for (GenerationMode mode : results.keySet()) {
                streams.out().println();
                streams.out().println(mode.key() + ": " + last(mode).generatedText());
            }
            report.details(last(GenerationMode.MEMORY_ENHANCED));
        }
        return 0;
    }

    /** A round that warms up, then those that count; false if it was interrupted. */
    private boolean measure(Streams streams) {
        try (Progress progress = Progress.start("Comparing", (ROUNDS + 1) * 2L)) {
            for (int round = 0; round <= ROUNDS; round++) {
                for (GenerationMode mode : GenerationMode.values()) {
                    GenerationOutput output = new GenerationOutput(streams, false);
                    MemoryEnhanced memory = mode == GenerationMode.BASELINE ? null : forgetting;
                    ForgettingResult result = llm.generate(prompt, config, memory, false, output);
                    output.end();
                    if (output.interrupted()) {
                        return false;
                    }
                    if (round > 0) {
                        results.computeIfAbsent(mode, m -> new ArrayList<>()).add(result);
                    }
                    progress.step();
                }
            }
        }
        return true;
    }

    private ForgettingResult last(GenerationMode mode) {
        return results.get(mode).get(ROUNDS - 1);
    }

    private double median(GenerationMode mode, ToDoubleFunction<ForgettingResult> value) {
        return new Median()
                .evaluate(results.get(mode).stream().mapToDouble(value).toArray());
    }

    /** Median over the rounds of the two modes' speeds in the same round. */
    private double ratio() {
        double[] ratios = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            ratios[i] = speed(results.get(GenerationMode.MEMORY_ENHANCED).get(i))
                    / speed(results.get(GenerationMode.BASELINE).get(i));
        }
        return new Median().evaluate(ratios);
    }

    private static double speed(ForgettingResult result) {
        return result.generation().tokensPerSecond();
    }

    /** The fields of a single run, with the medians of the rounds for its times. */
    private Map<String, Object> fields(GenerationReport report, GenerationMode mode, boolean verbose) {
        Map<String, Object> fields = report.fields(last(mode), false, verbose);
        fields.put("generation_time", median(mode, ForgettingResult::generationTime));
        fields.put("prefill_time", median(mode, r -> r.generation().prefillSeconds()));
        fields.put("tokens_per_second", median(mode, ModeComparison::speed));
        return fields;
    }

    /** A line of the table. */
    private record Line(
            String mode,
            int tokens,
            double tokens_per_second,
            double after_the_first,
            String cache_held,
            String cache_peak,
            double deleted_percent,
            int layer_min,
            double layer_mean,
            int layer_max) {}

    private List<Line> lines() {
        return results.keySet().stream()
                .map(mode -> {
                    ForgettingResult r = last(mode);
                    return new Line(
                            mode.key(),
                            r.numTokens(),
                            median(mode, ModeComparison::speed),
                            median(mode, x -> x.generation().decodeTokensPerSecond()),
                            Format.bytes(r.bytesHeld()),
                            Format.bytes(r.bytesPeak()),
                            r.cacheDeletionPercentage(),
                            r.minLength(),
                            r.meanLength(),
                            r.maxLength());
                })
                .toList();
    }

    private String sentences() {
        int first = firstDifference();
        return String.format(
                Locale.ROOT,
                "%s runs at %.2f × the baseline's speed (medians of %d interleaved rounds). %s",
                GenerationMode.MEMORY_ENHANCED.key(),
                ratio(),
                ROUNDS,
                first < 0
                        ? "Both texts are the same."
                        : "The texts differ from generated token " + (first + 1) + " on.");
    }

    /** Index of the first generated token that differs, −1 if none does. */
    private int firstDifference() {
        List<Integer> a = last(GenerationMode.BASELINE).generation().ids();
        List<Integer> b = last(GenerationMode.MEMORY_ENHANCED).generation().ids();
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            if (i >= a.size() || i >= b.size() || !a.get(i).equals(b.get(i))) {
                return i;
            }
        }
        return -1;
    }
}

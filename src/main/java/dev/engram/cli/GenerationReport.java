package dev.engram.cli;

import dev.engram.forget.Deletion;
import dev.engram.forget.EvictionConfig;
import dev.engram.forget.ForgettingResult;
import dev.engram.forget.GenerationMode;
import dev.engram.forget.LayerAttention;
import dev.engram.forget.MemoryEnhanced;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.Generation.Finish;
import dev.engram.model.engine.Torch;
import dev.engram.report.Format;
import dev.engram.report.Tables;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code generate} says about a generation: fields for JSON, a line, and the details of --verbose. */
final class GenerationReport {
    private final Streams streams;
    private final CausalLm lm;
    private final String model;
    private final MemoryEnhanced forgetting;

    /**
     * About one model.
     *
     * @param model its name as it was given
     * @param forgetting how the mode memory_enhanced forgets; null where only the baseline runs
     */
    GenerationReport(Streams streams, CausalLm lm, String model, MemoryEnhanced forgetting) {
        this.streams = streams;
        this.lm = lm;
        this.model = model;
        this.forgetting = forgetting;
    }

    /** The seed's fields first, then ours. */
    Map<String, Object> fields(ForgettingResult result, boolean withAttention, boolean withDeletions) {
        Generation g = result.generation();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("generated_text", g.text());
        fields.put("full_text", g.promptText() + g.text());
        fields.put("num_tokens", g.numTokens());
        fields.put("prompt_tokens", g.promptTokens());
        fields.put("generation_time", g.seconds());
        fields.put("prefill_time", g.prefillSeconds());
        fields.put("tokens_per_second", g.tokensPerSecond());
        fields.put("generation_mode", result.mode().key());
        fields.put("cache_deletion_percentage", result.cacheDeletionPercentage());
        fields.put("bytes_held", result.bytesHeld());
        fields.put("bytes_peak", result.bytesPeak());
        fields.put("bytes_full", result.bytesFull());
        fields.put("layer_lengths", lengths(result));
        if (result.mode() == GenerationMode.MEMORY_ENHANCED) {
            fields.put("policy", result.policy());
            fields.put("budget", forgetting.eviction().budget().toString());
            fields.put("policy_time", result.policySeconds());
        }
        if (withDeletions) {
            fields.put(
                    "deletions",
                    result.deletions().stream().map(GenerationReport::deletion).toList());
        }
        if (withAttention) {
            fields.put(
                    "attention",
                    result.attention().stream().map(GenerationReport::attention).toList());
        }
        fields.put("model", model);
        fields.put("dtype", lm.dtype());
        fields.put("device", lm.device());
        return fields;
    }

    private static Map<String, Object> lengths(ForgettingResult result) {
        Map<String, Object> lengths = new LinkedHashMap<>();
        lengths.put("min", result.minLength());
        lengths.put("mean", result.meanLength());
        lengths.put("max", result.maxLength());
        return lengths;
    }

    private static Map<String, Object> deletion(Deletion d) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("token", d.token());
        fields.put("layer", d.layer());
        fields.put("slots", d.slots());
        return fields;
    }

    private static Map<String, Object> attention(LayerAttention a) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("layer", a.layer());
        fields.put("sinks", a.sinks());
        fields.put("recent", a.recent());
        fields.put("rest", a.rest());
        fields.put("entropy_bits", a.entropyBits());
        fields.put("top", a.top());
        return fields;
    }

    void printJson(ForgettingResult result, boolean withAttention, boolean withDeletions) {
        JsonOutput out = new JsonOutput();
        fields(result, withAttention, withDeletions).forEach(out::add);
        out.print(streams);
    }

    /**
     * The line under a text.
     *
     * @param contextLimit whether the length was cut to the model's context
     */
    void summarise(ForgettingResult result, boolean contextLimit) {
        Generation g = result.generation();
        PrintStream err = streams.err();
        err.printf(
                Locale.ROOT,
                "%s in %s, %.1f tokens/s (prompt of %d tokens included); %s on %s%s%n",
                g.numTokens() == 1 ? "1 token" : g.numTokens() + " tokens",
                Format.seconds(g.seconds()),
                g.tokensPerSecond(),
                g.promptTokens(),
                lm.dtype(),
                lm.device(),
                result.mode() == GenerationMode.BASELINE
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; %.1f %% of the cache deleted by %s",
                                result.cacheDeletionPercentage(),
                                result.policy()));
        if (contextLimit && g.finish() == Finish.LENGTH) {
            err.println("The text ended because the model's context of "
                    + lm.config().contextLength() + " tokens is full.");
        }
    }

    /** Where time and memory went, and what was forgotten. */
    void details(ForgettingResult result) {
        Generation g = result.generation();
        row("prefill", "%s, %.1f tokens/s", Format.seconds(g.prefillSeconds()), prefillSpeed(g));
        if (g.numTokens() > 1) {
            row(
                    "decode",
                    "%s, %.1f tokens/s after the first token",
                    Format.seconds(g.decodeSeconds()),
                    g.decodeTokensPerSecond());
        }
        row("ended by", "%s", g.finish().name().toLowerCase(Locale.ROOT));
        row("kernels", "%s", lm.format());
        row("weights", "%s", Format.bytes(lm.decoder().backend().weightBytes()));
        row("threads", "%d", Torch.threads());
        row(
                "cache",
                "%s held, %s at most; the full cache holds %s",
                Format.bytes(result.bytesHeld()),
                Format.bytes(result.bytesPeak()),
                Format.bytes(result.bytesFull()));
        row("layers", "%s", lengthsLine(result));
        if (result.mode() == GenerationMode.MEMORY_ENHANCED) {
            EvictionConfig e = forgetting.eviction();
            row(
                    "policy",
                    "%s, budget %s, sinks %d, recent %d, every %d; %s, %.1f %% of the time",
                    result.policy(),
                    e.budget(),
                    e.sinks(),
                    e.recent(),
                    e.every(),
                    Format.seconds(result.policySeconds()),
                    100 * result.policySeconds() / Math.max(g.seconds(), 1e-9));
            row(
                    "deleted",
                    "%.2f %%: %d entries in %d deletions",
                    result.cacheDeletionPercentage(),
                    result.deletedEntries(),
                    result.deletions().size());
        }
        row("model", "%s", lm.origin());
        if (result.mode() == GenerationMode.MEMORY_ENHANCED) {
            forgotten(result);
        }
    }

    static String lengthsLine(ForgettingResult result) {
        return String.format(
                Locale.ROOT,
                "%d slots in the shortest, %.1f on average, %d in the longest",
                result.minLength(),
                result.meanLength(),
                result.maxLength());
    }

    /** A line per layer. */
    private record LayerLine(int layer, int slots, int deleted, int deletions, String first_deletion) {}

    /** A line per token at which something was deleted. */
    private record EventLine(int token, int layers, int slots, double slots_per_layer) {}

    private void forgotten(ForgettingResult result) {
        List<LayerLine> lines = new ArrayList<>();
        for (int i = 0; i < result.layerLengths().size(); i++) {
            int layer = i;
            List<Deletion> own =
                    result.deletions().stream().filter(d -> d.layer() == layer).toList();
            lines.add(new LayerLine(
                    i,
                    result.layerLengths().get(i),
                    own.stream().mapToInt(Deletion::slots).sum(),
                    own.size(),
                    own.isEmpty() ? "never" : "token " + own.get(0).token()));
        }
        print(Tables.text(Tables.of("Layers", lines)));
        TreeMap<Integer, List<Deletion>> byToken = result.deletions().stream()
                .collect(Collectors.groupingBy(Deletion::token, TreeMap::new, Collectors.toList()));
        List<EventLine> events = new ArrayList<>();
        byToken.forEach((token, all) -> {
            int slots = all.stream().mapToInt(Deletion::slots).sum();
            events.add(new EventLine(token, all.size(), slots, slots / (double) all.size()));
        });
        if (!events.isEmpty()) {
            print(Tables.text(Tables.of("Deletions", events)));
        }
    }

    /** A line per layer of the attention. */
    private record AttentionLine(
            int layer, double sinks, double recent, double rest, double entropy_bits, String most_attended) {}

    /** Where each layer looked. */
    void attention(ForgettingResult result) {
        if (result.attention().isEmpty()) {
            streams.err().println("No attention to show: no token followed the first one.");
            return;
        }
        print(Tables.text(Tables.of(
                "Attention per layer, mean over the generated tokens",
                result.attention().stream()
                        .map(a -> new AttentionLine(
                                a.layer(),
                                a.sinks(),
                                a.recent(),
                                a.rest(),
                                a.entropyBits(),
                                a.top().stream().map(GenerationReport::top).collect(Collectors.joining(", "))))
                        .toList())));
    }

    private static String top(LayerAttention.Top top) {
        return String.format(Locale.ROOT, "%s@%d %.2f", top.piece(), top.position(), top.share());
    }

    private void print(String table) {
        streams.err().print(table);
    }

    private static double prefillSpeed(Generation result) {
        return result.promptTokens() / Math.max(result.prefillSeconds(), 1e-9);
    }

    private void row(String name, String format, Object... values) {
        streams.err().printf(Locale.ROOT, "  %-9s %s%n", name, String.format(Locale.ROOT, format, values));
    }
}

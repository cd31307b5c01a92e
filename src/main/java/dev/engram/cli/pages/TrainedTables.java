package dev.engram.cli.pages;

import dev.engram.cli.pages.Rows.Row;
import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.tiers.LastLayerExperiment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Tables of memories that are trained with the model or into it: a small Memory3, LMCODE, a few layers. */
final class TrainedTables {
    private static final long SEED = 1;
    private static final List<String> LAYERS = List.of(
            "base",
            "first 1",
            "first 2",
            "first 4",
            "middle 1",
            "middle 2",
            "middle 4",
            "last 1",
            "last 2",
            "last 4",
            "all",
            "lora");

    private final Path results;

    TrainedTables(Path results) {
        this.results = results;
    }

    /** A tiny Memory3 from its first step: when and where its memories come in. */
    String memory3() {
        MarkdownTable table = new MarkdownTable(
                "memories", "measured on", "seeds", "without", "right ones", "wrong ones", "gain of the right ones");
        for (Row row : Rows.of(results.resolve("bench-memory3-training/full/summary.csv"))
                .all()) {
            table.row(
                    row.text("arm").replace('_', ' '),
                    row.text("what").equals("text") ? "texts" : "answers",
                    row.text("seeds"),
                    row.fixed("none", 3),
                    row.fixed("right", 3),
                    row.fixed("wrong", 3),
                    row.interval("gain", "gainLow", "gainHigh", 3));
        }
        return table.toString();
    }

    /** LMCODE's memories, alone and together. */
    String lmcode() {
        List<Row> all = rows("bench-lmcode");
        MarkdownTable table = new MarkdownTable(
                "memories of the layers",
                "right beyond the window",
                "updates to 90 %",
                "milliseconds an update",
                "MiB at its peak",
                "nats lost by a second language",
                "… with a fifth replayed");
        for (String arm : List.of("none", "short_term", "long_term", "both")) {
            table.row(
                    arm.replace('_', '-'),
                    interval(values(all, "memories", arm, "accuracy", 0), 3),
                    updates(values(all, "memories", arm, "updates to 90 %", 0)),
                    interval(values(all, "cost", arm, "milliseconds an update", 32), 0),
                    interval(values(all, "cost", arm, "MiB at the peak", 32), 0),
                    interval(values(all, "forgetting", arm, "nats lost", 0), 2),
                    interval(values(all, "forgetting", arm, "nats lost", 0.2), 2));
        }
        return table.toString();
    }

    /** Searches in the long-term store of six layers. */
    String search() {
        MarkdownTable table = new MarkdownTable(
                "keys", "search", "slots a layer", "layers", "milliseconds a token", "found of the true nearest");
        for (Row row : Rows.of(results.resolve("bench-store/full/summary.csv")).all()) {
            table.row(
                    row.text("keys"),
                    row.text("search"),
                    row.text("slots"),
                    row.text("layers"),
                    row.interval("milliseconds", "least", "most", 2),
                    row.fixed("recall", 3));
        }
        return table.toString();
    }

    /** Facts of one user, learned by some layers on questions and answers. */
    String lastLayers() {
        List<LastLayerExperiment.Row> all = rows("bench-last-layers").stream()
                .map(r -> new LastLayerExperiment.Row(
                        (long) r.number("seed"),
                        r.text("layers"),
                        r.text("format"),
                        r.text("test"),
                        r.text("unit"),
                        r.number("exact"),
                        r.number("nll"),
                        (long) r.number("parameters"),
                        r.number("seconds")))
                .toList();
        MarkdownTable table = new MarkdownTable(
                "layers that learn",
                "million parameters",
                "by heart",
                "other wordings",
                "old facts kept",
                "perplexity",
                "seconds");
        List<LastLayerExperiment.Line> lines = LastLayerExperiment.table(all, SEED);
        for (String layers : LAYERS) {
            for (LastLayerExperiment.Line l : lines.stream()
                    .filter(x -> x.format().equals("qa") && x.layers().equals(layers))
                    .toList()) {
                table.row(
                        layers.equals("base") ? "none" : layers.equals("lora") ? "LoRA in all" : layers,
                        Rows.fixed(l.parameters() / 1e6, 1),
                        Rows.fixed(l.byHeart(), 2),
                        Rows.interval(new Interval(l.heldOut(), l.heldOutLow(), l.heldOutHigh(), 0.95), 2),
                        Rows.fixed(l.oldFacts(), 2),
                        Rows.fixed(l.perplexity(), 0),
                        Rows.fixed(l.seconds(), 0));
            }
        }
        return table.toString();
    }

    /** The rows of all files of a run. */
    private List<Row> rows(String run) {
        try (Stream<Path> files = Files.list(results.resolve(run + "/full"))) {
            return files.filter(f -> f.toString().endsWith(".csv"))
                    .sorted()
                    .flatMap(f -> Rows.of(f).all().stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot list results/" + run + "/full: " + e, e);
        }
    }

    private static double[] values(List<Row> all, String part, String arm, String quantity, double x) {
        return all.stream()
                .filter(r -> r.text("part").equals(part)
                        && r.text("arm").equals(arm)
                        && r.text("quantity").equals(quantity)
                        && r.number("x") == x)
                .mapToDouble(r -> r.number("value"))
                .toArray();
    }

    private static String interval(double[] seeds, int places) {
        return seeds.length == 0 ? "–" : Rows.interval(Bootstrap.seeded(SEED).mean(seeds), places);
    }

    private static String updates(double[] seeds) {
        return Arrays.stream(seeds).anyMatch(u -> u < 0) ? "never" : interval(seeds, 0);
    }
}

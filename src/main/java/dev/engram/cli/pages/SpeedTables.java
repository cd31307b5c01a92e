package dev.engram.cli.pages;

import dev.engram.cli.pages.Rows.Row;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Tables of speed, from the results of {@code ./engram bench}. */
final class SpeedTables {
    private static final List<String> FORMATS = List.of("f32", "bf16", "int8", "auto");

    private final Path results;

    SpeedTables(Path results) {
        this.results = results;
    }

    /**
     * Tokens per second of decoding and how many times the peers'.
     *
     * @param machine what the folder of another machine's runs adds to its name; empty for the latest ones
     */
    String decode(String machine) {
        Rows rows = Rows.of(results.resolve("bench-decode" + machine + "/quick/summary.csv"));
        MarkdownTable table = new MarkdownTable(
                "context",
                "f32",
                "× transformers",
                "bf16",
                "× transformers",
                "auto (4-bit)",
                "× transformers",
                "× llama.cpp");
        for (Row f32 : rows.all("peer", "transformers", "format", "f32")) {
            String context = f32.text("context");
            Row bf16 = rows.one("peer", "transformers", "format", "bf16", "context", context);
            Row auto = rows.one("peer", "transformers", "format", "auto", "context", context);
            Row llama = rows.one("peer", "llama.cpp", "format", "auto", "context", context);
            table.row(
                    context,
                    f32.fixed("engram", 1),
                    ratio(f32),
                    bf16.fixed("engram", 1),
                    ratio(bf16),
                    auto.fixed("engram", 1),
                    ratio(auto),
                    ratio(llama));
        }
        return table.toString();
    }

    private static String ratio(Row row) {
        return row.interval("ratio", "ratio_least", "ratio_largest", 2);
    }

    /** Reading prompts, and batches. */
    String other(String machine) {
        MarkdownTable table = new MarkdownTable("measured", "f32", "bf16", "auto (4-bit)");
        Rows prefill = Rows.of(results.resolve("bench-prefill" + machine + "/quick/summary.csv"));
        for (String peer : List.of("transformers", "llama.cpp")) {
            table.row(
                    "reading a prompt of 512 tokens, × " + peer,
                    ratio(prefill.one("peer", peer, "format", "f32", "context", "512")),
                    ratio(prefill.one("peer", peer, "format", "bf16", "context", "512")),
                    ratio(prefill.one("peer", peer, "format", "auto", "context", "512")));
        }
        Rows batch = Rows.of(results.resolve("bench-batch" + machine + "/quick/summary.csv"));
        table.row(
                "a batch of 8, × one sequence",
                ratio(batch.one("format", "f32")),
                ratio(batch.one("format", "bf16")),
                batch.all("format", "auto").isEmpty() ? "" : ratio(batch.one("format", "auto")));
        return table.toString();
    }

    /** Training steps. */
    String train() {
        MarkdownTable table = new MarkdownTable("sequences in a batch", "time of a LoRA step, × plain torch");
        for (Row step :
                Rows.of(results.resolve("bench-train/quick/summary.csv")).all("compared", "f32")) {
            table.row(step.text("batch"), step.interval("time_ratio", "ratio_least", "ratio_largest", 2));
        }
        return table.toString();
    }

    /** Seconds to open the default model, and what the process then holds. */
    String open(String machine) {
        Rows rows = Rows.of(results.resolve("bench-open" + machine + "/quick/rows.csv"));
        MarkdownTable table =
                new MarkdownTable("format", "seconds to open", "weights, MB", "resident beyond the weights, MB");
        for (String format : FORMATS) {
            List<Row> rounds = rows.all("dtype", format);
            if (!rounds.isEmpty()) {
                table.row(
                        format,
                        spread(rounds, "seconds", 1),
                        rounds.get(0).fixed("weights_mb", 0),
                        spread(rounds, "rest_mb", 0));
            }
        }
        return table.toString();
    }

    private static String spread(List<Row> rows, String column, int places) {
        Comparator<Row> order = Comparator.comparingDouble(row -> row.number(column));
        return rows.stream().min(order).orElseThrow().fixed(column, places) + " to "
                + rows.stream().max(order).orElseThrow().fixed(column, places);
    }

    /** Decoding with a cache that forgets, as a share of the speed with all of the cache. */
    String cache() {
        Rows rows = Rows.of(results.resolve("bench-cache/full/summary.csv"));
        MarkdownTable table = new MarkdownTable(
                "context", "format", "all of the cache, tokens/s", "`memory_enhanced`, × all", "a quarter kept, × all");
        for (Row all : rows.all("mode", "baseline")) {
            String context = all.text("context"), format = all.text("format");
            table.row(
                    context,
                    format,
                    all.fixed("tokens_per_second", 1),
                    share(rows.all("mode", "memory_enhanced", "context", context, "format", format)),
                    share(rows.all("mode", "quarter", "context", context, "format", format)));
        }
        return table.toString();
    }

    private static String share(List<Row> found) {
        return found.isEmpty()
                ? "–"
                : found.get(0).interval("of_baseline", "of_baseline_least", "of_baseline_largest", 2);
    }

    /** How often strengths are updated and slots deleted. */
    String updates() {
        Rows rows = Rows.of(results.resolve("bench-cache-updates/full/summary.csv"));
        MarkdownTable table = new MarkdownTable("attention is seen", "slots are deleted", "f32, × all", "auto, × all");
        for (String seen : List.of("always", "then")) {
            for (int every : new int[] {1, 4, 16, 64}) {
                String mode = "every " + every + ", seen " + seen;
                if (!rows.all("mode", mode).isEmpty()) {
                    String when = every == 1 ? "at every token" : "every " + every + " tokens";
                    table.row(
                            seen.equals("always") ? "at every token" : when,
                            when,
                            share(rows.all("mode", mode, "format", "f32")),
                            share(rows.all("mode", mode, "format", "auto")));
                }
            }
        }
        return table.toString();
    }

    /** The same beside the original program, format against format. */
    String original() {
        MarkdownTable table = new MarkdownTable("context", "mode", "Engram", "memollm", "× memollm");
        for (Row row : Rows.of(results.resolve("bench-cache/full/peers.csv")).all()) {
            table.row(
                    row.text("context"),
                    "`" + row.text("mode") + "`",
                    row.text("format"),
                    row.text("their_format"),
                    ratio(row));
        }
        return table.toString();
    }

    /** What writing and reading explicit memories cost in time. */
    String explicit() {
        MarkdownTable table = new MarkdownTable("ratio", "value");
        for (Row row :
                Rows.of(results.resolve("bench-explicit/quick/summary.csv")).all()) {
            table.row(row.text("ratio"), row.interval("value", "low", "high", 2));
        }
        return table.toString();
    }

    /** What a bank of 100,000 recall memories takes, in milliseconds. */
    String bank() {
        MarkdownTable table = new MarkdownTable("step", "median, ms", "worst, ms", "times measured");
        for (Row row : Rows.of(results.resolve("bench-bank/quick/summary.csv")).all()) {
            table.row(row.text("step"), row.fixed("median", 1), row.fixed("worst", 1), row.text("n"));
        }
        return table.toString();
    }
}

package dev.engram.cli.pages;

import dev.engram.cli.pages.Rows.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tables of what was trained: the recall token and facts in the weights, from results/. */
final class LearningTables {
    private final Path results;

    LearningTables(Path results) {
        this.results = results;
    }

    /** The recall token, trained on a hundred memories and untrained; last the recipe of seed 002 as it stands there. */
    String recall() {
        List<Integer> seeds = recallSeeds();
        List<String> heads = new ArrayList<>(
                seeds.stream().map(seed -> "joint, seed " + seed).toList());
        List<String> untrained =
                new ArrayList<>(seeds.stream().map(this::untrained).toList());
        List<Rows> runs = new ArrayList<>(recallRuns());
        heads.add("recipe of seed 002, seed 1");
        untrained.add(untrained(1));
        runs.add(Rows.of(recallRows("seed-100-1")));
        MarkdownTable table = new MarkdownTable(line("measured", heads, head -> head, "n"))
                .row(line("untrained, best of six vectors: right memory first", untrained, cell -> cell, "200"));
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("R@1 held-out", "right memory first");
        lines.put("exact, true vector", "text word for word from its own vector");
        lines.put("exact, shuffled vector", "from another memory's vector");
        lines.put("exact, random vector", "from a random vector");
        lines.put("end to end: recalls", "question: the model recalls");
        lines.put("end to end: right memory", "… and the right memory");
        lines.put("end to end: exact text", "… and says its text exactly");
        lines.put("end to end: value", "… and the value is in the answer");
        lines.put("false recalls", "recalls on ordinary prompts");
        lines.put("abstains on unknown at 5 % lost", "unknown names refused, where 5 % of known ones are lost");
        lines.put("R@1 never trained", "never trained memories: right one first");
        lines.put("never trained: value through the stored text", "… answered through their stored text");
        lines.forEach((measure, what) -> {
            String count = runs.get(0).one("measure", measure).text("n");
            table.row(line(what, runs, run -> measured(run, measure), count));
        });
        String n = runs.get(0).one("measure", "ordinary loss rise, nats").text("n");
        return table.row(line("rise of ordinary perplexity", runs, LearningTables::rise, n))
                .toString();
    }

    private List<Integer> recallSeeds() {
        return IntStream.range(1, 10)
                .filter(seed -> Files.exists(recallRows("joint-100-" + seed)))
                .boxed()
                .toList();
    }

    /** A hundred memories, trained from each seed. */
    private List<Rows> recallRuns() {
        return recallSeeds().stream()
                .map(seed -> Rows.of(recallRows("joint-100-" + seed)))
                .toList();
    }

    /** First cell, one cell for each seed, last cell. */
    private static <T> String[] line(String first, List<T> seeds, Function<T, String> cell, String last) {
        return Stream.of(Stream.of(first), seeds.stream().map(cell), Stream.of(last))
                .flatMap(part -> part)
                .toArray(String[]::new);
    }

    private Path recallRows(String run) {
        return results.resolve("bench-recall/full/" + run + "/rows.csv");
    }

    private String untrained(int seed) {
        return value(Rows.of(recallRows("baselines-100-" + seed)).all().stream()
                .reduce((a, b) -> a.number("value") >= b.number("value") ? a : b)
                .orElseThrow());
    }

    static String value(Row row) {
        return row.interval("value", "low", "high", 3);
    }

    /** A recipe that cannot refuse has no measure of refusing. */
    private static String measured(Rows run, String measure) {
        return run.all("measure", measure).isEmpty() ? "–" : value(run.one("measure", measure));
    }

    /** A second round: what was learned before and what is new, before and after it. */
    String round() {
        Rows rows = Rows.of(results.resolve("bench-recall-rounds/full/next-round-24-1/rows.csv"));
        MarkdownTable table = new MarkdownTable("measured", "old, before", "old, after", "new, before", "new, after");
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("right memory first", "right memory first");
        lines.put("end to end: right memory", "question: the model recalls the right memory");
        lines.put("end to end: exact text", "… and says its text exactly");
        lines.put("end to end: value", "… and the value is in the answer");
        lines.forEach((measure, what) -> table.row(
                what,
                cell(rows, "before", "old", measure),
                cell(rows, "after", "old", measure),
                cell(rows, "before", "new", measure),
                cell(rows, "after", "new", measure)));
        for (String measure : List.of("false recalls", "ordinary loss rise, nats")) {
            table.row(
                    measure.equals("false recalls") ? "recalls on ordinary prompts" : measure,
                    cell(rows, "before", "none", measure),
                    cell(rows, "after", "none", measure),
                    "",
                    "");
        }
        return table.toString();
    }

    private static String cell(Rows rows, String round, String memories, String measure) {
        return value(rows.one("round", round, "memories", memories, "measure", measure));
    }

    /** Facts learned by LoRA: what it gives and what it costs. */
    String facts() {
        MarkdownTable table = new MarkdownTable(
                "arm",
                "trained wordings",
                "other wordings",
                "answers from a text",
                "change of it",
                "perplexity",
                "seconds");
        Rows.of(results.resolve("sft-facts/full/summary.csv"))
                .all()
                .forEach(row -> table.row(
                        row.text("arm"),
                        row.fixed("trained", 2),
                        row.interval("heldout", "heldout_low", "heldout_high", 2),
                        row.fixed("reading", 2),
                        row.interval("reading_change", "reading_change_low", "reading_change_high", 2),
                        row.fixed("perplexity", 1),
                        row.fixed("seconds", 0)));
        return table.toString();
    }

    /** A cell from every seed of the recall token. */
    String bySeed(Function<Rows, String> cell) {
        return recallRuns().stream().map(cell).collect(Collectors.joining("; "));
    }

    static String rise(Rows run) {
        return percent(Math.exp(run.one("measure", "ordinary loss rise, nats").number("value")) - 1);
    }

    static String percent(double share) {
        return (share < 0 ? "" : "+") + Rows.fixed(100 * share, 1) + " %";
    }
}

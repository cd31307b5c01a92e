package dev.engram.eval;

import dev.engram.eval.Claim.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which published claims hold, and what of the seed documents is here.
 *
 * @param items everything the documents describe
 * @param claims what was measured
 */
public record Scorecard(List<SeedItem> items, List<Claim> claims) {
    private static final List<String> STATES = List.of("done", "partly", "left out", "open");

    /** Of a project's folder: data/seeds.csv and results/claims.csv. */
    public static Scorecard read(Path home) {
        return new Scorecard(
                SeedItem.read(home.resolve("data/seeds.csv")), Claims.read(home.resolve("results/claims.csv")));
    }

    /**
     * Verdicts on one document.
     *
     * @param unanswered claims, tables and constants that nothing was measured on
     */
    public record Verdicts(String seed, int reproduced, int partly, int not, int cannotBeTested, int unanswered) {}

    /** One line for each document. A claim measured in both profiles counts once, by its full one. */
    public List<Verdicts> verdicts() {
        return seeds().stream()
                .map(seed -> {
                    List<SeedItem> own = items.stream()
                            .filter(i -> i.seed().equals(seed) && i.measurable())
                            .toList();
                    return new Verdicts(
                            seed,
                            count(own, Verdict.REPRODUCED),
                            count(own, Verdict.PARTLY),
                            count(own, Verdict.NOT),
                            count(own, Verdict.CANNOT_BE_TESTED_HERE),
                            count(own, null));
                })
                .toList();
    }

    private int count(List<SeedItem> own, Verdict verdict) {
        return (int) own.stream().filter(i -> verdict(i.id()) == verdict).count();
    }

    private Verdict verdict(String id) {
        List<Claim> answers = claims.stream().filter(c -> c.id().equals(id)).toList();
        return answers.stream()
                .filter(c -> c.profile().equals("full"))
                .findFirst()
                .or(() -> answers.stream().findFirst())
                .map(Claim::verdict)
                .orElse(null);
    }

    /** How much of a document is here, in rows. */
    public record States(String seed, int rows, int done, int partly, int leftOut, int open) {}

    /** One line for each document. */
    public List<States> states() {
        return seeds().stream()
                .map(seed -> {
                    List<String> own = items.stream()
                            .filter(i -> i.seed().equals(seed))
                            .map(SeedItem::status)
                            .toList();
                    int[] n = STATES.stream()
                            .mapToInt(s -> (int) own.stream().filter(s::equals).count())
                            .toArray();
                    return new States(seed, own.size(), n[0], n[1], n[2], n[3]);
                })
                .toList();
    }

    private Set<String> seeds() {
        return items.stream().map(SeedItem::seed).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The documents' items with where they are found, as a page of Markdown. */
    public String page() {
        List<String> lines = new ArrayList<>();
        lines.add("# What the five documents describe, and where it is");
        lines.add("");
        lines.add("Made from [seeds.csv](seeds.csv) by `./engram pages`. Classes are under `src/main/java/dev/engram`,"
                + " tests under `src/test/java/dev/engram`. The address of an item is its id: `seeds.md#S000-07`.");
        for (States s : states()) {
            lines.add("");
            lines.add("## " + s.seed());
            lines.add("");
            lines.add(s.rows() + " rows: " + s.done() + " done, " + s.partly() + " partly, " + s.leftOut()
                    + " left out, " + s.open() + " open.");
            lines.add("");
            lines.add("| id | what | status | code | test | notebook | reason |");
            lines.add("|---|---|---|---|---|---|---|");
            items.stream()
                    .filter(i -> i.seed().equals(s.seed()))
                    .map(i -> "| <a id=\"" + i.id() + "\"></a>" + i.id() + " | " + cell(i.kind() + ": " + i.item())
                            + " | " + i.status() + " | "
                            + names(i.code()) + " | " + names(i.test()) + " | " + cell(i.notebook()) + " | "
                            + cell(i.reason()) + " |")
                    .forEach(lines::add);
        }
        return String.join("\n", lines) + "\n";
    }

    private static String names(String code) {
        return code.isBlank() ? "" : "`" + cell(code).replace("; ", "`, `") + "`";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }
}

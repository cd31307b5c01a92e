package dev.engram.cli.pages;

import dev.engram.cli.pages.Rows.Row;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Tables of what explicit memories tell a reader: places, tokens, and one of five. */
final class ReadingTables {
    private final Path results;

    ReadingTables(Path results) {
        this.results = results;
    }

    /** How far memories lead from no answer to that of the text itself, by the same trained weights. */
    String reading() {
        Rows rows = Rows.of(results.resolve("bench-reading-trained-last-half/full/summary.csv"));
        MarkdownTable table = new MarkdownTable("read", "single fact: share", "exact", "passage: share", "exact");
        Map<String, String> arms = new LinkedHashMap<>();
        arms.put("nothing", "nothing");
        arms.put("text", "the text itself");
        arms.put("last_half, all tokens", "all tokens, last half of the layers");
        arms.put("last_half, 32 tokens", "32 tokens a head");
        arms.put("last_half, 8 tokens", "8 tokens a head, the paper's number");
        arms.put("first_half, all tokens", "all tokens, first half of the layers, the paper's place");
        arms.put("wrong memory", "a wrong memory");
        arms.put(
                "last_half, all tokens, 4 distractors",
                "all tokens among four distractors, against text among the same");
        arms.forEach((arm, what) -> {
            Row single = rows.one("kind", "single", "arm", arm), passage = rows.one("kind", "passage", "arm", arm);
            table.row(
                    what,
                    single.fixed("gap", 2),
                    single.fixed("exact", 2),
                    passage.fixed("gap", 2),
                    passage.fixed("exact", 2));
        });
        return table.toString();
    }

    /** What each place of memories gives to a model as it is and to those that learned to read one place; share of the gap. */
    String trainedPlaces() {
        Map<String, String> weights = new LinkedHashMap<>();
        weights.put("untrained", "untrained");
        weights.put("trained-first-half", "learned the first half");
        weights.put("trained-last-half", "learned the last half");
        Map<String, Rows> runs = new LinkedHashMap<>();
        weights.forEach((name, what) ->
                runs.put(what, Rows.of(results.resolve("bench-reading-" + name + "/full/summary.csv"))));
        MarkdownTable table = new MarkdownTable(
                Stream.concat(Stream.of("read"), headings(runs.keySet())).toArray(String[]::new));
        for (String place : List.of("first_half", "middle", "last_half", "all")) {
            for (String tokens : List.of("8 tokens", "all tokens")) {
                String arm = place + ", " + tokens;
                Stream<String> shares = runs.values().stream()
                        .flatMap(run -> Stream.of("single", "passage")
                                .map(kind -> run.one("kind", kind, "arm", arm).fixed("gap", 2)));
                table.row(
                        Stream.concat(Stream.of(arm.replace('_', ' ')), shares).toArray(String[]::new));
            }
        }
        return table.toString();
    }

    private static Stream<String> headings(Set<String> runs) {
        return runs.stream().flatMap(what -> Stream.of(what + ": fact", "passage"));
    }

    /** Ways of reading the right memory among five, beside text with the same five: surprise at the answer. */
    String distractors() {
        Rows rows = Rows.of(results.resolve("bench-analyses-distractors/full/summary.csv"));
        MarkdownTable table = new MarkdownTable(
                "read", "fact, four random", "fact, five found", "passage, four random", "passage, five found");
        rows.all().stream()
                .map(row -> row.text("way"))
                .distinct()
                .forEach(way -> table.row(Stream.concat(
                                Stream.of(way),
                                Stream.of("single", "passage")
                                        .flatMap(kind -> Stream.of("distractors", "found")
                                                .map(set -> rows.one("kind", kind, "set", set, "way", way)
                                                        .interval("mean", "low", "high", 2))))
                        .toArray(String[]::new)));
        return table.toString();
    }
}

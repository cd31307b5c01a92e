package dev.engram.cli.pages;

import dev.engram.compare.Comparison;
import dev.engram.compare.Lap;
import dev.engram.compare.Row;
import dev.engram.compare.Task;
import dev.engram.eval.Interval;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Tables of every memory on one ruler, from results/bench-compare/full. */
final class ComparisonTables {
    private static final Map<String, String> ARMS = new LinkedHashMap<>();

    static {
        ARMS.put("base", "nothing");
        ARMS.put("full", "all weights");
        ARMS.put("last-4", "last four layers");
        ARMS.put("lora-1", "LoRA, one wording");
        ARMS.put("lora-5", "LoRA, five wordings");
        ARMS.put("lora-5-others", "LoRA on other facts (control)");
        ARMS.put("rag-oracle", "text, the right one");
        ARMS.put("rag-oracle-4", "text, the right one among four others");
        ARMS.put("rag-1", "RAG, one found");
        ARMS.put("rag-3", "RAG, three found");
        ARMS.put("rag-5", "RAG, five found");
        ARMS.put("rag-oracle+reading", "text, the right one, with the reading adapter");
        ARMS.put("rag-1+reading", "RAG, one found, with the reading adapter");
        ARMS.put("rag-1+lora-5", "RAG and LoRA");
        ARMS.put("recall-true", "recall token, the right vector");
        ARMS.put("recall", "recall token, its own choice");
        ARMS.put("recall-t0.8", "recall token, drawn at T = 0.8");
        ARMS.put("recall-seed-t0.8", "recall token, drawn from the seed's bare cosines");
        ARMS.put("recall+text", "recall token and the stored text");
        ARMS.put("memory3-dense", "explicit memory, all tokens");
        ARMS.put("memory3-8", "explicit memory, 8 tokens a head");
        ARMS.put("memory3-8-int4", "explicit memory, 8 tokens a head, 4 bits");
        ARMS.put("memory3-found", "explicit memory, all tokens, one found");
        ARMS.put("lmcode-store", "LMCODE's store as the search");
        ARMS.put("tiers", "three stores (001)");
    }

    private static final String SFT = "lora-5";
    private static final String RAG = "rag-1";

    private final Path folder;
    private Comparison read;

    ComparisonTables(Path results) {
        this.folder = results.resolve("bench-compare/full");
    }

    /** Arms in the order of the tables, with what they are called there. */
    static Map<String, String> arms() {
        return Collections.unmodifiableMap(ARMS);
    }

    /** The rows of all arms, read once for all tables. */
    private Comparison read() {
        if (read == null) {
            read = Comparison.read(folder, List.copyOf(ARMS.keySet()));
        }
        return read;
    }

    /** Shares of right answers by question, with the controls. */
    String answers() {
        MarkdownTable table = new MarkdownTable(
                "memory",
                "seeds",
                "new wordings",
                "without it",
                "with a wrong one",
                "backwards",
                "over two facts",
                "after a change",
                "old value then",
                "unknown declined",
                "after three other turns",
                "form of thought kept");
        Comparison all = read();
        for (Comparison.Line l : all.table()) {
            table.row(
                    ARMS.get(l.arm()),
                    "" + l.seeds(),
                    text(all.share(l.arm(), Task.HELDOUT, Row::success)),
                    text(l.without()),
                    text(l.shuffled()),
                    text(l.reverse()),
                    text(l.two_hop()),
                    text(l.update()),
                    text(l.stale()),
                    text(l.unknown()),
                    text(l.turns()),
                    text(l.think()));
        }
        long entities = all.rows().stream()
                .filter(r -> r.test().equals(Task.HELDOUT.key()))
                .map(Row::unit)
                .distinct()
                .count();
        return table + "\n" + entities + " entities in the questions of new wordings.\n";
    }

    /** What each memory costs. */
    String prices() {
        MarkdownTable table = new MarkdownTable(
                "memory",
                "tokens of the prompt",
                "first token, × nothing",
                "whole answer, × nothing",
                "seconds to write a fact",
                "GFLOP to write",
                "GFLOP of an answer",
                "bytes a fact",
                "facts in 10 MB",
                "perplexity, × nothing");
        for (Comparison.PriceLine p : read().prices()) {
            table.row(
                    ARMS.get(p.arm()),
                    Rows.fixed(p.prompt_tokens(), 0),
                    text(p.first_times()),
                    text(p.times()),
                    p.write_seconds() < 0.0005 ? "0" : Rows.fixed(p.write_seconds(), p.write_seconds() < 1 ? 3 : 1),
                    whole(p.write_gflop()),
                    whole(p.answer_gflop()),
                    whole(p.bytes()),
                    whole(p.facts_in_10mb()),
                    text(p.relative_perplexity()));
        }
        return table.toString();
    }

    /** Each memory minus fine-tuning and minus RAG, paired, on the same questions. */
    String against() {
        Comparison all = read();
        MarkdownTable table = new MarkdownTable(
                Stream.of(Stream.of("memory"), heads("LoRA"), heads("RAG"), Stream.of("time of RAG's answer"))
                        .flatMap(s -> s)
                        .toArray(String[]::new));
        for (String arm : List.of(
                "full",
                SFT,
                RAG,
                "rag-1+reading",
                "rag-1+lora-5",
                "recall",
                "recall+text",
                "memory3-dense",
                "memory3-found",
                "memory3-8",
                "lmcode-store",
                "tiers")) {
            List<String> cells = new ArrayList<>(List.of(ARMS.get(arm)));
            for (String other : List.of(SFT, RAG)) {
                for (Task task : List.of(Task.HELDOUT, Task.REVERSE, Task.UPDATE)) {
                    cells.add(arm.equals(other) ? "" : text(all.difference(arm, other, task, Row::success)));
                }
            }
            cells.add(arm.equals(RAG) ? "" : "× " + text(all.slower(arm, RAG, ComparisonTables::time)));
            table.row(cells.toArray(String[]::new));
        }
        return table.toString();
    }

    /** Explicit memory minus the same text in the prompt, both on the weights that learned to read memories. */
    String sameWeights() {
        Comparison all = read();
        MarkdownTable table = new MarkdownTable(
                "explicit memory minus text, reading adapter on",
                "new wordings",
                "backwards",
                "after a change",
                "after other turns");
        Map<String, String> pairs = new LinkedHashMap<>();
        pairs.put("memory3-dense", "rag-oracle+reading");
        pairs.put("memory3-found", "rag-1+reading");
        pairs.forEach((memory, text) -> {
            List<String> cells = new ArrayList<>(List.of(memory.endsWith("found") ? "one found" : "the right one"));
            Stream.of(Task.HELDOUT, Task.REVERSE, Task.UPDATE, Task.TURNS)
                    .forEach(t -> cells.add(text(all.difference(memory, text, t, Row::success))));
            table.row(cells.toArray(String[]::new));
        });
        return table.toString();
    }

    private static Stream<String> heads(String other) {
        return Stream.of("new wordings", "backwards", "after a change").map(t -> "minus " + other + ": " + t);
    }

    private static double time(Lap lap) {
        return lap.whole() / lap.base_whole();
    }

    private static String text(double value) {
        return Double.isNaN(value) ? "–" : Rows.fixed(value, 2);
    }

    private static String whole(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,.0f", value) : "–";
    }

    private static String text(Interval i) {
        return Rows.interval(i, 2);
    }
}

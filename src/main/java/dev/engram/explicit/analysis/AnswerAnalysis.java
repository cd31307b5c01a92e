package dev.engram.explicit.analysis;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.MemoryRows;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.published.MemoryUsage;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tech.tablesaw.api.Table;

/**
 * What retrieval brings and what the model makes of it (seed 003, sections 5.2 and 5.3): hit rate, integration, score against the number
 * of memories, and how much of an answer stands in the memories.
 *
 * <p>Differs from the seed, whose {@code is_relevant}, {@code evaluate_integration} and {@code evaluate_performance} are not defined: a
 * memory is relevant if its text holds the answer; it is integrated if greedy decoding says the answer, which is asked only where a relevant
 * memory was retrieved.
 */
public final class AnswerAnalysis {
    private final CausalLm lm;
    private final Library library;
    private final ReadingTest test;
    private final int tokens;

    /**
     * An analysis.
     *
     * @param library writes the memories
     * @param tokens of the greedy answer whose words are counted
     */
    public AnswerAnalysis(CausalLm lm, Library library, int tokens) {
        this.lm = lm;
        this.library = library;
        this.test = new ReadingTest(lm, library.writer(), library.sink());
        this.tokens = tokens;
    }

    /**
     * One question.
     *
     * @param task what kind of questions
     * @param strategy of retrieval
     * @param k memories asked for
     * @param unit entity
     * @param found memories that were found, at most k
     * @param hitRate share of the retrieved memories that hold the answer
     * @param hit 1 if any of them does
     * @param nll of the right answer, nats per token
     * @param exact 1 if greedy decoding says it
     * @param usage share of the different tokens of the model's own answer that stand in a memory
     * @param novel share that stands in none: 1 − usage, which the seed calls hallucination
     * @param findSeconds of the search, embedding of the question included
     */
    public record Row(
            String task,
            String strategy,
            int k,
            String unit,
            int found,
            double hitRate,
            double hit,
            double nll,
            double exact,
            double usage,
            double novel,
            double findSeconds) {}

    /** A line of the table; integration is the share of exact answers among the questions with a hit, NaN where there are none. */
    public record Line(
            String task,
            String strategy,
            int k,
            int questions,
            double found,
            double hitRate,
            double hit,
            double integration,
            double nll,
            double exact,
            double usage,
            double novel,
            double findSeconds) {}

    /** Asks all questions with k memories each. */
    public List<Row> run(String task, String strategy, int k, List<ReadingItem> items, Finder finder) {
        List<List<String>> found = new ArrayList<>();
        double[] seconds = new double[items.size()];
        for (int i = 0; i < items.size(); i++) {
            long start = System.nanoTime();
            found.add(finder.find(items.get(i).question(), k));
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        library.write(found.stream().flatMap(List::stream).toList());
        List<Row> rows = new ArrayList<>();
        try (Progress progress = Progress.start(task + ", " + strategy + ", " + k + " memories", items.size())) {
            for (int i = 0; i < items.size(); i++) {
                rows.add(row(task, strategy, k, items.get(i), found.get(i), seconds[i]));
                progress.step();
            }
        }
        return rows;
    }

    private Row row(String task, String strategy, int k, ReadingItem item, List<String> found, double seconds) {
        List<ExplicitMemory> memories = library.of(found);
        ReadingTest.Read read =
                test.ask(List.of(item), test.memories(i -> memories)).get(0);
        MemoryUsage use = MemoryUsage.of(
                answer(item, memories),
                found.stream().map(t -> list(lm.tokenizer().encode(" " + t))).toList());
        double hits = found.stream().filter(t -> holds(t, item.gold())).count();
        return new Row(
                task,
                strategy,
                k,
                item.unit(),
                found.size(),
                hits / Math.max(1, found.size()),
                hits > 0 ? 1 : 0,
                read.nll(),
                read.exactness(),
                use.usage(),
                use.novel(),
                seconds);
    }

    /** Whether a text tells an answer. */
    static boolean holds(String text, String answer) {
        return text.toLowerCase(Locale.ROOT).contains(answer.toLowerCase(Locale.ROOT));
    }

    private List<Integer> answer(ReadingItem item, List<ExplicitMemory> memories) {
        int[] prompt = ReadingTest.context(lm, item);
        ReferenceWriter writer = library.writer();
        try (MemoryRows rows = MemoryRows.of(
                        lm.decoder().backend().manager(), lm.config().layers(), library.sink(), memories);
                KvCache cache = lm.decoder().newCache(memories.isEmpty() ? 0 : writer.contextPosition())) {
            return list(lm
                    .generate(
                            prompt,
                            cache,
                            GenerationConfig.greedy(tokens).withForceExactLength(true),
                            rows.seams(),
                            null,
                            GenerationListener.SILENT)
                    .ids()
                    .stream()
                    .mapToInt(Integer::intValue)
                    .toArray());
        }
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }

    /** One line for each task, strategy and number of memories. */
    public static List<Line> table(List<Row> rows) {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(r -> groups.computeIfAbsent(r.task() + "\t" + r.strategy() + "\t" + r.k(), g -> new ArrayList<>())
                .add(r));
        return groups.values().stream()
                .map(g -> new Line(
                        g.get(0).task(),
                        g.get(0).strategy(),
                        g.get(0).k(),
                        g.size(),
                        mean(g, Row::found),
                        mean(g, Row::hitRate),
                        mean(g, Row::hit),
                        mean(g.stream().filter(r -> r.hit() > 0).toList(), Row::exact),
                        mean(g, Row::nll),
                        mean(g, Row::exact),
                        mean(g, Row::usage),
                        mean(g, Row::novel),
                        mean(g, Row::findSeconds)))
                .toList();
    }

    /** Rows out of a table, such as rows.csv of a former run. */
    public static List<Row> rows(Table table) {
        return table.stream()
                .map(r -> new Row(
                        r.getString("task"),
                        r.getString("strategy"),
                        r.getInt("k"),
                        r.getString("unit"),
                        r.getInt("found"),
                        r.getNumber("hitRate"),
                        r.getNumber("hit"),
                        r.getNumber("nll"),
                        r.getNumber("exact"),
                        r.getNumber("usage"),
                        r.getNumber("novel"),
                        r.getNumber("findSeconds")))
                .toList();
    }

    private static double mean(List<Row> rows, java.util.function.ToDoubleFunction<Row> of) {
        return rows.stream().mapToDouble(of).average().orElse(Double.NaN);
    }
}

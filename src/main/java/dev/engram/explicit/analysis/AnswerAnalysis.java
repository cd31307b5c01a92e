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
import dev.engram.model.text.Message;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
    private final ReferenceWriter writer;
    private final ReadingTest test;
    private final int tokens;
    private final Map<String, ExplicitMemory> written = new HashMap<>();

    /**
     * An analysis.
     *
     * @param tokens of the greedy answer whose words are counted
     */
    public AnswerAnalysis(CausalLm lm, ReferenceWriter writer, int tokens) {
        this.lm = lm;
        this.writer = writer;
        this.test = new ReadingTest(lm, writer);
        this.tokens = tokens;
    }

    /** Finds the texts of the best references. */
    public interface Finder {
        List<String> find(String query, int k);
    }

    /**
     * One question.
     *
     * @param strategy of retrieval
     * @param k memories asked for
     * @param unit entity
     * @param hitRate share of the retrieved memories that hold the answer
     * @param hit 1 if any of them does
     * @param nll of the right answer, nats per token
     * @param exact 1 if greedy decoding says it
     * @param usage share of the different tokens of the model's own answer that stand in a memory
     * @param novel share that stands in none: 1 − usage, which the seed calls hallucination
     */
    public record Row(
            String strategy,
            int k,
            String unit,
            double hitRate,
            double hit,
            double nll,
            double exact,
            double usage,
            double novel) {}

    /** A line of the table; integration is the share of exact answers among the questions with a hit, NaN where there are none. */
    public record Line(
            String strategy,
            int k,
            int questions,
            double hitRate,
            double hit,
            double integration,
            double nll,
            double exact,
            double usage,
            double novel) {}

    /** Asks all questions with k memories each. */
    public List<Row> run(String strategy, int k, List<ReadingItem> items, Finder finder) {
        List<Row> rows = new ArrayList<>();
        for (ReadingItem item : Progress.over(strategy + ", " + k + " memories", items)) {
            List<String> found = finder.find(item.question(), k);
            List<ExplicitMemory> memories = found.stream()
                    .map(t -> written.computeIfAbsent(t, writer::write))
                    .toList();
            ReadingTest.Read read =
                    test.ask(List.of(item), test.memories(i -> memories)).get(0);
            MemoryUsage use = MemoryUsage.of(
                    answer(item, memories),
                    found.stream()
                            .map(t -> list(lm.tokenizer().encode(" " + t)))
                            .toList());
            double hits = found.stream().filter(t -> holds(t, item.gold())).count();
            rows.add(new Row(
                    strategy,
                    k,
                    item.unit(),
                    hits / Math.max(1, found.size()),
                    hits > 0 ? 1 : 0,
                    read.nll(),
                    read.exactness(),
                    use.usage(),
                    use.novel()));
        }
        return rows;
    }

    /** Whether a text tells an answer. */
    static boolean holds(String text, String answer) {
        return text.toLowerCase(Locale.ROOT).contains(answer.toLowerCase(Locale.ROOT));
    }

    private List<Integer> answer(ReadingItem item, List<ExplicitMemory> memories) {
        int[] prompt = lm.tokenizer().encode(lm.prompt(List.of(Message.user(item.question()))) + ReadingTest.STEM);
        try (MemoryRows rows = MemoryRows.of(
                        lm.decoder().backend().manager(), lm.config().layers(), writer.sink(), memories);
                KvCache cache = lm.decoder().newCache(writer.contextPosition())) {
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

    /** One line for each strategy and number of memories. */
    public static List<Line> table(List<Row> rows) {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(r -> groups.computeIfAbsent(r.strategy() + "\t" + r.k(), g -> new ArrayList<>())
                .add(r));
        return groups.values().stream()
                .map(g -> new Line(
                        g.get(0).strategy(),
                        g.get(0).k(),
                        g.size(),
                        mean(g, Row::hitRate),
                        mean(g, Row::hit),
                        mean(g.stream().filter(r -> r.hit() > 0).toList(), Row::exact),
                        mean(g, Row::nll),
                        mean(g, Row::exact),
                        mean(g, Row::usage),
                        mean(g, Row::novel)))
                .toList();
    }

    private static double mean(List<Row> rows, java.util.function.ToDoubleFunction<Row> of) {
        return rows.stream().mapToDouble(of).average().orElse(Double.NaN);
    }
}

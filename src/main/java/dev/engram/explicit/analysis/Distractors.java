package dev.engram.explicit.analysis;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import dev.engram.retrieve.AdaptiveIntegration;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.Hit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Reading one right memory among four others, which were encoded apart and so cannot be told apart by what they say of each other: ways to
 * read them better that need no training. Every way gets the same five memories; text with the same five references stands
 * beside.
 *
 * <p>A bias by retrieval score is the seed's adaptive integration (section 6.3) inside the softmax: the temperature-weighted share of a
 * memory is a factor of its attention. A bias by attention reads twice: what the question looked at in a first pass counts more in the second.
 */
public final class Distractors {
    /**
     * One answer.
     *
     * @param set distractors (the right reference with four random ones) or found (the five best of a search)
     * @param way of reading
     */
    public record Row(String kind, String set, String way, String unit, double nll, double exact) {}

    private static final double[] TEMPERATURES = {0.2, 0.05, 0.02};
    private static final double[] POWERS = {1, 2};
    private static final double[] SCALES = {0.9, 1.1, 1.25};

    private final CausalLm lm;
    private final Library library;
    private final ReadingTest test;
    private final EmbeddingRetriever index;
    private final int references;

    /**
     * Ways for questions of one kind.
     *
     * @param library of memories of all tokens
     * @param index of all references of this kind
     * @param references how many the index holds
     */
    public Distractors(CausalLm lm, Library library, EmbeddingRetriever index, int references) {
        this.lm = lm;
        this.library = library;
        this.index = index;
        this.references = references;
        this.test = new ReadingTest(lm, library.writer(), library.sink());
    }

    /** How the memories of {@link Library} have to be written: all tokens, last half of the layers. */
    public static WriteConfig config() {
        return WriteConfig.defaults().withTokens(WriteConfig.ALL_TOKENS);
    }

    /** All ways on one set of references. */
    public List<Row> run(String kind, String set, List<ReadingItem> items) {
        Map<ReadingItem, List<Hit>> given = new HashMap<>();
        for (ReadingItem item : items) {
            List<Hit> all = index.retrieve(item.question(), set.equals("found") ? 5 : references);
            List<String> five = Provenance.five(item, items.indexOf(item));
            given.put(
                    item,
                    set.equals("found")
                            ? all
                            : five.stream()
                                    .map(t -> all.stream()
                                            .filter(h -> h.text().equals(t))
                                            .findFirst()
                                            .orElseThrow())
                                    .toList());
        }
        library.write(
                given.values().stream().flatMap(List::stream).map(Hit::text).toList());
        List<Row> rows = new ArrayList<>();
        Map<String, ReadingTest.Given> ways = ways(given);
        try (Progress progress = Progress.start("Ways of reading, " + kind + ", " + set, ways.size())) {
            ways.forEach((way, reading) -> {
                List<ReadingTest.Read> reads = test.ask(items, reading);
                for (int i = 0; i < reads.size(); i++) {
                    ReadingTest.Read r = reads.get(i);
                    rows.add(new Row(kind, set, way, items.get(i).unit(), r.nll(), r.exactness()));
                }
                progress.step();
            });
        }
        return rows;
    }

    private Map<String, ReadingTest.Given> ways(Map<ReadingItem, List<Hit>> given) {
        Function<ReadingItem, List<String>> texts =
                i -> given.get(i).stream().map(Hit::text).toList();
        Function<ReadingItem, List<ExplicitMemory>> memories = i -> library.of(texts.apply(i));
        Map<String, ReadingTest.Given> ways = new LinkedHashMap<>();
        ways.put("text", test.text(texts));
        ways.put("text, best last", test.text(i -> sorted(given.get(i), false)));
        ways.put(
                "text, the best alone",
                test.text(i -> sorted(given.get(i), true).subList(0, 1)));
        ways.put("memories", test.memories(memories));
        ways.put("memories, best last", test.memories(i -> library.of(sorted(given.get(i), false))));
        ways.put(
                "the best alone",
                test.memories(i -> library.of(sorted(given.get(i), true).subList(0, 1))));
        for (double t : TEMPERATURES) {
            ways.put("bias by score, temperature " + t, test.weighted(memories, i -> byScore(given.get(i), t)));
        }
        for (double power : POWERS) {
            ways.put(
                    "bias by attention, power " + power,
                    test.weighted(memories, i -> byAttention(memories.apply(i), i, power)));
        }
        for (double c : SCALES) {
            ways.put("keys times " + c, test.memories(i -> each(memories.apply(i), m -> scaled(m, (float) c))));
        }
        int layers = lm.config().layers();
        ways.put("read in the last third", some(memories, IntStream.range(layers - layers / 3, layers)));
        ways.put(
                "read in every other layer",
                some(memories, IntStream.range(layers / 2, layers).filter(l -> l % 2 == 1)));
        return ways;
    }

    private ReadingTest.Given some(Function<ReadingItem, List<ExplicitMemory>> memories, IntStream layers) {
        int[] chosen = layers.filter(l -> l >= lm.config().layers() / 2).toArray();
        return test.memories(i -> each(memories.apply(i), m -> m.at(chosen)));
    }

    private static List<ExplicitMemory> each(List<ExplicitMemory> memories, UnaryOperator<ExplicitMemory> change) {
        return memories.stream().map(change).toList();
    }

    private static List<String> sorted(List<Hit> hits, boolean bestFirst) {
        Comparator<Hit> byScore = Comparator.comparingDouble(Hit::score);
        return hits.stream()
                .sorted(bestFirst ? byScore.reversed() : byScore)
                .map(Hit::text)
                .toList();
    }

    /** Logarithms of the adaptive weights, relative to the best memory's. */
    static double[] byScore(List<Hit> hits, double temperature) {
        return Arrays.stream(new AdaptiveIntegration(temperature).relative(hits))
                .map(Math::log)
                .toArray();
    }

    /** Power times the logarithm of each memory's attention from the question, relative to the most attended one. */
    private double[] byAttention(List<ExplicitMemory> memories, ReadingItem item, double power) {
        int[] context = ReadingTest.context(lm, item);
        int[] last = {context[context.length - 1]};
        int[] before = Arrays.copyOf(context, context.length - 1);
        // the queries that predict the last token and the one before it: nothing of the answer is seen
        Provenance traced = Provenance.of(lm, library, memories, before, new int[] {last[0], 0});
        double[] bias = new double[memories.size()];
        traced.memories().forEach(s -> bias[s.memory()] = power * Math.log(Math.max(s.attention(), 1e-9)));
        double most = Arrays.stream(bias).max().orElse(0);
        return Arrays.stream(bias).map(b -> b - most).toArray();
    }

    /** Attention logits of the memory multiplied. */
    static ExplicitMemory scaled(ExplicitMemory m, float factor) {
        float[] keys = m.keys().clone();
        for (int i = 0; i < keys.length; i++) {
            keys[i] *= factor;
        }
        return m.with(keys, m.values());
    }

    /** A library for this experiment. */
    public static Library library(CausalLm lm, Consumer<Boolean> reader) {
        return new Library(new ReferenceWriter(lm, config()), reader);
    }
}

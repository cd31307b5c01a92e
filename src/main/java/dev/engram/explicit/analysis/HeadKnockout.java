package dev.engram.explicit.analysis;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.model.CausalLm;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * Reading a fact as a circuit (seed 003, section 2.1): the heads that look at the answer in a memory are taken to be the
 * circuit, and their memory is silenced. If they are it, the answer goes with few of them and stays without as many others.
 *
 * <p>Differs from the seed, which defines a circuit by edge weights of the whole computation graph and names no procedure. The heads
 * are ranked on other questions than those they are tested with.
 */
public record HeadKnockout(CausalLm lm, Library library, long seed) {
    /** A key/value head of a layer. */
    public record Head(int layer, int head) {}

    /**
     * One answer.
     *
     * @param silenced which heads: most-read, random, least-read
     * @param heads how many of them
     */
    public record Row(String silenced, int heads, String unit, double nll, double exact) {}

    /** The heads by the attention that the memory received in them over some questions, the most first. */
    public List<Head> ranked(List<ReadingItem> items) {
        library.write(items.stream().map(ReadingItem::reference).toList());
        Map<Head, Double> sums = new HashMap<>();
        for (ReadingItem item : items) {
            List<ExplicitMemory> memory = library.of(List.of(item.reference()));
            Provenance traced =
                    Provenance.of(lm, library, memory, ReadingTest.context(lm, item), ReadingTest.gold(lm, item));
            traced.sources().forEach(s -> sums.merge(new Head(s.layer(), s.head()), s.attention(), Double::sum));
        }
        return sums.keySet().stream()
                .sorted(Comparator.comparingDouble((Head h) -> -sums.get(h))
                        .thenComparing(Head::layer)
                        .thenComparing(Head::head))
                .toList();
    }

    /** Asks with so many heads silenced, from the top of the ranking, from its end, and at random. */
    public List<Row> run(List<Head> ranked, List<ReadingItem> items, List<Integer> counts) {
        library.write(items.stream().map(ReadingItem::reference).toList());
        List<Head> reversed = new ArrayList<>(ranked);
        Collections.reverse(reversed);
        List<Head> shuffled = new ArrayList<>(ranked);
        Collections.shuffle(shuffled, new Random(seed));
        List<Row> rows = new ArrayList<>();
        try (Progress progress = Progress.start("Silenced heads", 3L * counts.size())) {
            for (int n : counts) {
                rows.addAll(ask("most-read", ranked.subList(0, n), items));
                progress.step();
                rows.addAll(ask("random", shuffled.subList(0, n), items));
                progress.step();
                rows.addAll(ask("least-read", reversed.subList(0, n), items));
                progress.step();
            }
        }
        return rows;
    }

    private List<Row> ask(String name, List<Head> heads, List<ReadingItem> items) {
        ReadingTest test = new ReadingTest(lm, library.writer(), library.sink());
        UnaryOperator<ExplicitMemory> silence = m -> silence(m, heads);
        List<ReadingTest.Read> reads = test.ask(
                items,
                test.memories(i ->
                        library.of(List.of(i.reference())).stream().map(silence).toList()));
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < reads.size(); i++) {
            rows.add(new Row(
                    name,
                    heads.size(),
                    items.get(i).unit(),
                    reads.get(i).nll(),
                    reads.get(i).exactness()));
        }
        return rows;
    }

    /** The memory with values of zero in some heads: what those look at there tells them nothing. */
    public static ExplicitMemory silence(ExplicitMemory m, Collection<Head> heads) {
        float[] values = m.values().clone();
        int width = m.tokens() * m.headDim();
        for (Head h : heads) {
            int layer = Arrays.binarySearch(m.layers(), h.layer);
            if (layer >= 0) {
                int from = (layer * m.kvHeads() + h.head) * width;
                Arrays.fill(values, from, from + width, 0);
            }
        }
        return m.with(m.keys(), values);
    }
}

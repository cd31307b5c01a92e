package dev.engram.explicit.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.MemoryRows;
import dev.engram.explicit.ReadingItem;
import dev.engram.explicit.ReadingTest;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.report.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What an answer read (seed 003, section 6.1: "decisions can be traced to the memories read"): for each memory, layer, key/value head and
 * kept token the share of attention of the queries that predict the answer. Attention says where a head looked, not
 * whether the answer depends on it; {@link HeadKnockout} asks the latter.
 *
 * @param sources one for each kept token of each layer and head
 * @param sink share of the constant prefix, [layer][head]
 * @param context share of question and answer themselves, [layer][head]
 */
public record Provenance(List<Source> sources, double[][] sink, double[][] context) {
    /**
     * One kept token as one head read it.
     *
     * @param memory number of the memory, from 0
     * @param head key/value head
     * @param position in the reference's text, from 0
     * @param attention mean share over the answer's queries and the query heads that share the key/value head
     */
    public record Source(int memory, int layer, int head, int position, double attention) {}

    /** One memory with its share of all attention in the layers that hold memories. */
    public record Share(int memory, double attention) {}

    /**
     * Traces an answer.
     *
     * @param library whose weights wrote the memories; its adapter must be on, if there is one
     * @param context ids of the question
     * @param answer ids of the answer; the queries are those that predict them
     */
    public static Provenance of(
            CausalLm lm, Library library, List<ExplicitMemory> memories, int[] context, int[] answer) {
        int[] fed = IntStream.concat(Arrays.stream(context), Arrays.stream(answer, 0, answer.length - 1))
                .toArray();
        Watch watch = new Watch(answer.length, lm.config().layers());
        ExplicitMemory sink = library.sink();
        ReferenceWriter writer = library.writer();
        try (MemoryRows rows = MemoryRows.of(
                        lm.decoder().backend().manager(), lm.config().layers(), sink, memories);
                NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(writer.contextPosition())) {
            lm.decoder().forward(scope, new int[][] {fed}, cache, rows.seams().withWatch(watch));
        }
        return watch.provenance(lm.config().kvHeads(), sink.tokens(), memories, writer.prefix().length);
    }

    /** Memories by the attention they received, the most first; all layers that hold memories count alike. */
    public List<Share> memories() {
        int places = (int)
                sources.stream().map(s -> List.of(s.layer, s.head)).distinct().count();
        return IntStream.rangeClosed(
                        0, sources.stream().mapToInt(Source::memory).max().orElse(-1))
                .mapToObj(m -> new Share(m, sum(m, -1, -1, -1) / places))
                .sorted(Comparator.comparingDouble(s -> -s.attention))
                .toList();
    }

    /** The tokens that were read most, the most first. */
    public List<Source> top(int n) {
        return sources.stream()
                .sorted(Comparator.comparingDouble(s -> -s.attention))
                .limit(n)
                .toList();
    }

    /** Share that a memory received in each layer and head, [layers][heads]. */
    public double[][] heads(int memory) {
        double[][] all = new double[sink.length][sink[0].length];
        sources.stream().filter(s -> s.memory == memory).forEach(s -> all[s.layer][s.head] += s.attention);
        return all;
    }

    /** Sum over all layers and heads for each token of a memory's text. */
    public double[] tokens(int memory, int length) {
        return IntStream.range(0, length)
                .mapToDouble(p -> sum(memory, -1, -1, p))
                .toArray();
    }

    /** −1 stands for all. */
    private double sum(int memory, int layer, int head, int position) {
        return sources.stream()
                .filter(s -> s.memory == memory
                        && (layer < 0 || s.layer == layer)
                        && (head < 0 || s.head == head)
                        && (position < 0 || s.position == position))
                .mapToDouble(Source::attention)
                .sum();
    }

    /** How an answer's attention is found in memory, token for token. */
    private static final class Watch implements Seams.AttentionWatch {
        private final int queries;
        private final float[][] received; // [layer][kvHeads × columns]

        Watch(int queries, int layers) {
            this.queries = queries;
            this.received = new float[layers][];
        }

        @Override
        public int queries() {
            return queries;
        }

        @Override
        public void received(int layer, NDArray all) {
            received[layer] = all.toFloatArray();
        }

        Provenance provenance(int heads, int sinkTokens, List<ExplicitMemory> memories, int prefix) {
            List<Source> sources = new ArrayList<>();
            int constant = memories.isEmpty() ? 0 : sinkTokens;
            double[][] sink = new double[received.length][heads];
            double[][] context = new double[received.length][heads];
            for (int layer = 0; layer < received.length; layer++) {
                int columns = received[layer].length / heads;
                for (int head = 0; head < heads; head++) {
                    int at = head * columns;
                    for (int i = 0; i < constant; i++) {
                        sink[layer][head] += received[layer][at++] / queries;
                    }
                    for (int m = 0; m < memories.size(); m++) {
                        for (int p : kept(memories.get(m), layer, head)) {
                            double share = received[layer][at++] / queries;
                            sources.add(new Source(m, layer, head, p - prefix, share));
                        }
                    }
                    while (at < (head + 1) * columns) {
                        context[layer][head] += received[layer][at++] / queries;
                    }
                }
            }
            return new Provenance(sources, sink, context);
        }

        private static int[] kept(ExplicitMemory memory, int layer, int head) {
            return Arrays.binarySearch(memory.layers(), layer) < 0 ? new int[0] : memory.positions(layer, head);
        }
    }

    /**
     * One question of a test of tracing.
     *
     * @param first 1 if the memory that tells the answer received most attention of all that were read
     * @param share its share of the attention that all memories received together
     */
    public record Row(String unit, int memories, double first, double share) {}

    /** Whether attention names the right one of five memories, question by question. */
    public static List<Row> test(CausalLm lm, Library library, List<ReadingItem> items) {
        List<Row> rows = new ArrayList<>();
        items.forEach(i -> library.write(five(i, items.indexOf(i))));
        for (var item : Progress.over("Which memory was read", items)) {
            List<String> five = five(item, items.indexOf(item));
            Provenance traced =
                    of(lm, library, library.of(five), ReadingTest.context(lm, item), ReadingTest.gold(lm, item));
            List<Share> shares = traced.memories();
            int right = five.indexOf(item.reference());
            double all = shares.stream().mapToDouble(Share::attention).sum();
            double own = shares.stream()
                    .filter(s -> s.memory == right)
                    .mapToDouble(Share::attention)
                    .sum();
            rows.add(new Row(item.unit(), five.size(), shares.get(0).memory == right ? 1 : 0, own / all));
        }
        return rows;
    }

    /** The right reference among the distractors, at a place that depends on the question's number alone. */
    public static List<String> five(ReadingItem item, int number) {
        List<String> all = new ArrayList<>(item.distractors());
        all.add(number % (all.size() + 1), item.reference());
        return all;
    }
}

package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How well a model answers from what it was given: as text before the question, as memories, or not at all. The question stands in the chat
 * template, and the answer's beginning {@value #STEM} is given, so that the next tokens are the answer.
 */
public final class ReadingTest {
    /** A neutral beginning of every answer. */
    public static final String STEM = "The answer is:";

    private final CausalLm lm;
    private final ReferenceWriter writer;
    private final ExplicitMemory sink;

    /**
     * One answer.
     *
     * @param nll of the right answer, mean per token, in nats
     * @param exact whether greedy decoding says it
     */
    public record Read(double nll, boolean exact) {
        public double exactness() {
            return exact ? 1 : 0;
        }
    }

    /** What is read beside a question. */
    public interface Given {
        Read read(ReadingItem item, int[] context, int[] gold);
    }

    /**
     * A test of a model; both stay the caller's.
     *
     * @param writer says what stands before references and where contexts begin
     */
    public ReadingTest(CausalLm lm, ReferenceWriter writer) {
        this(lm, writer, writer.sink());
    }

    /**
     * The same with the prefix's memory given, for a model whose reading adapter may be on now: the sink is written by the same
     * weights as the memories.
     */
    public ReadingTest(CausalLm lm, ReferenceWriter writer, ExplicitMemory sink) {
        this.lm = lm;
        this.writer = writer;
        this.sink = sink;
    }

    /** Asks everything. */
    public List<Read> ask(List<ReadingItem> items, Given given) {
        return items.stream()
                .map(item -> given.read(item, context(lm, item), gold(lm, item)))
                .toList();
    }

    /** Ids of the question's turn and the answer's beginning. */
    public static int[] context(CausalLm lm, ReadingItem item) {
        return lm.tokenizer().encode(lm.prompt(List.of(Message.user(item.question()))) + STEM);
    }

    /** Ids of the right answer. */
    public static int[] gold(CausalLm lm, ReadingItem item) {
        return lm.tokenizer().encode(" " + item.gold());
    }

    /** Nothing is given. */
    public Given nothing() {
        return (item, context, gold) -> read(0, new int[0], Seams.none(), context, gold);
    }

    /** Texts before the question, as RAG gives them; the first stands where a single memory would. */
    public Given text(Function<ReadingItem, List<String>> references) {
        return (item, context, gold) -> read(0, before(references.apply(item)), Seams.none(), context, gold);
    }

    /** Memories of references, read by attention. */
    public Given memories(Function<ReadingItem, List<ExplicitMemory>> memories) {
        return (item, context, gold) -> {
            try (MemoryRows rows =
                    MemoryRows.of(lm.decoder().backend().manager(), lm.config().layers(), sink, memories.apply(item))) {
                return read(writer.contextPosition(), new int[0], rows.seams(), context, gold);
            }
        };
    }

    /**
     * Memories read by attention, some more than others.
     *
     * @param bias for each memory of an item, as in {@link MemoryRows#weighted}
     */
    public Given weighted(Function<ReadingItem, List<ExplicitMemory>> memories, Function<ReadingItem, double[]> bias) {
        return (item, context, gold) -> {
            NDManager manager = lm.decoder().backend().manager();
            try (MemoryRows rows =
                    MemoryRows.weighted(manager, lm.config().layers(), sink, memories.apply(item), bias.apply(item))) {
                return read(writer.contextPosition(), new int[0], rows.seams(), context, gold);
            }
        };
    }

    /**
     * Log-probability of each of several answers, summed over its tokens, in nats; the question is read once.
     *
     * @param references given as text before the question; empty for none
     * @param memories read by attention; empty for none
     */
    public double[] score(
            ReadingItem item, List<String> references, List<ExplicitMemory> memories, List<String> answers) {
        int[] fed = join(List.of(before(references), context(lm, item)));
        int position = memories.isEmpty() ? 0 : writer.contextPosition();
        double[] sums = new double[answers.size()];
        try (MemoryRows rows = MemoryRows.of(
                        lm.decoder().backend().manager(), lm.config().layers(), sink, memories);
                NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(position)) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {fed}, cache, rows.seams());
            NDArray first = lm.decoder().logits(scope, hidden, 1); // [1, 1, vocab]
            for (int a = 0; a < sums.length; a++) {
                int[] ids = lm.tokenizer().encode(" " + answers.get(a));
                try (NDManager step = lm.decoder().newScope()) {
                    sums[a] = logprob(step, first, ids, 0);
                    if (ids.length > 1) {
                        int[] rest = Arrays.copyOf(ids, ids.length - 1);
                        NDArray more = lm.decoder().forward(step, new int[][] {rest}, cache, rows.seams());
                        sums[a] += logprob(step, lm.decoder().logits(step, more, rest.length), ids, 1);
                        cache.truncate(rest.length);
                    }
                }
            }
        }
        return sums;
    }

    /** Of the ids from {@code from} on that these logits [1, n, vocab] predict. */
    private double logprob(NDManager scope, NDArray logits, int[] ids, int from) {
        int n = (int) logits.getShape().get(1);
        long[] targets = Arrays.stream(ids, from, from + n).asLongStream().toArray();
        float[] all = lm.decoder().logprobs(scope, logits, scope.create(targets).reshape(1, n));
        return IntStream.range(0, n).mapToDouble(i -> all[i]).sum();
    }

    private int[] before(List<String> references) {
        List<int[]> parts = new ArrayList<>();
        for (String text : references) {
            // the first token of all stands once; later references begin with "Reference:" on a line of their own
            parts.add(parts.isEmpty() ? writer.prefix() : lm.tokenizer().encode("\n" + WriteConfig.PREFIX));
            parts.add(writer.ids(text));
        }
        return join(parts);
    }

    private Read read(int position, int[] before, Seams seams, int[] context, int[] gold) {
        int[] fed = join(List.of(before, context, Arrays.copyOf(gold, gold.length - 1)));
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(position)) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {fed}, cache, seams);
            NDArray logits = lm.decoder().logits(scope, hidden, gold.length); // [1, gold, vocab]
            long[] targets = Arrays.stream(gold).asLongStream().toArray();
            float[] logprobs =
                    lm.decoder().logprobs(scope, logits, scope.create(targets).reshape(1, gold.length));
            long[] best = logits.argMax(2).toLongArray();
            double nll = -IntStream.range(0, gold.length)
                            .mapToDouble(i -> logprobs[i])
                            .sum()
                    / gold.length;
            return new Read(nll, Arrays.equals(best, targets));
        }
    }

    private static int[] join(List<int[]> parts) {
        return parts.stream().flatMapToInt(Arrays::stream).toArray();
    }
}

package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Memories where attention reads them (paper, section 3.4; seed 3.1): before the context's own keys and values, in one softmax, no gate.
 * The sink's rows come first, at every layer; the memories' follow at the layers that hold some.
 *
 * <p>Without memories {@link #seams} gives none at all, so that the model is the plain one to the last bit.
 */
public final class MemoryRows implements Seams.ExtraRows, AutoCloseable {
    private final NDManager manager;
    private final Seams.Rows[] rows;
    private final NDArray mask;

    private MemoryRows(NDManager manager, Seams.Rows[] rows, NDArray mask) {
        this.manager = manager;
        this.rows = rows;
        this.mask = mask;
    }

    /**
     * Memories that every query sees. Where there are none, the sink is left out too.
     *
     * @param parent owner of the native arrays, freed by {@link #close}
     * @param layers of the model
     * @param sink as {@link ReferenceWriter#sink} gives it, or null for none
     */
    public static MemoryRows of(NDManager parent, int layers, ExplicitMemory sink, List<ExplicitMemory> memories) {
        NDManager manager = parent.newSubManager();
        ExplicitMemory constant = memories.isEmpty() ? null : sink;
        return new MemoryRows(manager, layerRows(manager, layers, constant, List.of(memories)), null);
    }

    /**
     * Memories that every query sees, some more than others: a number for each is added to the attention logits of its rows, so that
     * {@code exp} of it is a factor of its share before the softmax is normalised. Zeros read as {@link #of} does.
     *
     * @param bias one for each memory; −∞ hides it
     */
    public static MemoryRows weighted(
            NDManager parent, int layers, ExplicitMemory sink, List<ExplicitMemory> memories, double[] bias) {
        float[] added = spread(sink == null ? 0 : sink.tokens(), memories, bias);
        NDManager manager = parent.newSubManager();
        NDArray mask = manager.create(added, new Shape(1, added.length));
        return new MemoryRows(manager, layerRows(manager, layers, sink, List.of(memories)), mask);
    }

    /** A number for each memory at all its rows, behind {@code constant} zeros for what stands before them. */
    static float[] spread(int constant, List<ExplicitMemory> memories, double[] bias) {
        if (bias.length != memories.size()) {
            throw new IllegalArgumentException(bias.length + " numbers do not fit " + memories.size() + " memories");
        }
        float[] added = new float
                [constant + memories.stream().mapToInt(ExplicitMemory::tokens).sum()];
        int at = constant;
        for (int m = 0; m < bias.length; m++) {
            int end = at + memories.get(m).tokens();
            Arrays.fill(added, at, end, (float) bias[m]);
            at = end;
        }
        return added;
    }

    /**
     * Memories of several chunks of one text: the queries of a chunk see its own memories (paper, section 3.4).
     *
     * @param chunks memories of each chunk, in order
     * @param chunk tokens of a chunk
     * @param queries tokens of the text that is fed in one pass
     */
    public static MemoryRows chunkwise(
            NDManager parent,
            int layers,
            ExplicitMemory sink,
            List<List<ExplicitMemory>> chunks,
            int chunk,
            int queries) {
        NDManager manager = parent.newSubManager();
        List<ExplicitMemory> all = chunks.stream().flatMap(List::stream).toList();
        int constant = sink == null ? 0 : sink.tokens();
        int columns = constant + all.stream().mapToInt(ExplicitMemory::tokens).sum();
        float[] hidden = new float[queries * columns];
        for (int q = 0; q < queries; q++) {
            Arrays.fill(hidden, q * columns + constant, (q + 1) * columns, Float.NEGATIVE_INFINITY);
            int from = q * columns + constant;
            for (int c = 0; c < chunks.size(); c++) {
                int width =
                        chunks.get(c).stream().mapToInt(ExplicitMemory::tokens).sum();
                if (q / chunk == c) {
                    Arrays.fill(hidden, from, from + width, 0);
                }
                from += width;
            }
        }
        NDArray mask = manager.create(hidden, new Shape(queries, columns));
        return new MemoryRows(manager, layerRows(manager, layers, sink, List.of(all)), mask);
    }

    /**
     * Memories of a batch, one list for each of its rows; rows that hold fewer tokens are filled up with hidden ones.
     */
    public static MemoryRows batch(
            NDManager parent, int layers, ExplicitMemory sink, List<List<ExplicitMemory>> memories) {
        NDManager manager = parent.newSubManager();
        int constant = sink == null ? 0 : sink.tokens();
        int[] used = memories.stream()
                .mapToInt(own -> own.stream().mapToInt(ExplicitMemory::tokens).sum())
                .toArray();
        int columns = constant + Arrays.stream(used).max().orElse(0);
        float[] hidden = new float[used.length * columns];
        for (int b = 0; b < used.length; b++) {
            Arrays.fill(hidden, b * columns + constant + used[b], (b + 1) * columns, Float.NEGATIVE_INFINITY);
        }
        NDArray mask = manager.create(hidden, new Shape(used.length, 1, 1, 1, columns));
        return new MemoryRows(manager, layerRows(manager, layers, sink, memories), mask);
    }

    /** The sink alone, for every row of a batch. */
    static MemoryRows sink(NDManager parent, int layers, ExplicitMemory sink, int batch) {
        NDManager manager = parent.newSubManager();
        return new MemoryRows(manager, layerRows(manager, layers, sink, Collections.nCopies(batch, List.of())), null);
    }

    private static Seams.Rows[] layerRows(
            NDManager manager, int layers, ExplicitMemory sink, List<List<ExplicitMemory>> memories) {
        return IntStream.range(0, layers)
                .mapToObj(l -> rows(manager, l, sink, memories))
                .toArray(Seams.Rows[]::new);
    }

    private static Seams.Rows rows(
            NDManager manager, int layer, ExplicitMemory sink, List<List<ExplicitMemory>> memories) {
        ExplicitMemory any = sink != null
                ? sink
                : memories.stream().flatMap(List::stream).findFirst().orElse(null);
        if (any == null) {
            return null;
        }
        int constant = sink == null ? 0 : sink.tokens();
        int tokens = constant
                + memories.stream()
                        .mapToInt(own -> own.stream()
                                .filter(m -> m.place(layer) >= 0)
                                .mapToInt(ExplicitMemory::tokens)
                                .sum())
                        .max()
                        .orElse(0);
        if (tokens == 0) {
            return null;
        }
        int kvHeads = any.kvHeads();
        int d = any.headDim();
        int batch = Math.max(1, memories.size());
        float[] keys = new float[batch * kvHeads * tokens * d];
        float[] values = new float[keys.length];
        for (int b = 0; b < batch; b++) {
            for (int h = 0; h < kvHeads; h++) {
                int to = (b * kvHeads + h) * tokens * d;
                if (sink != null) {
                    to = copy(sink, layer, h, keys, values, to);
                }
                for (ExplicitMemory m : memories.isEmpty() ? List.<ExplicitMemory>of() : memories.get(b)) {
                    to = copy(m, layer, h, keys, values, to);
                }
            }
        }
        Shape shape = new Shape(batch, kvHeads, tokens, d);
        return new Seams.Rows(manager.create(keys, shape), manager.create(values, shape));
    }

    /** Appends a head's tokens; returns where the next ones go. */
    private static int copy(ExplicitMemory m, int layer, int head, float[] keys, float[] values, int to) {
        int place = m.place(layer);
        if (place < 0) {
            return to;
        }
        int length = m.tokens() * m.headDim();
        int from = (place * m.kvHeads() + head) * length;
        System.arraycopy(m.keys(), from, keys, to, length);
        System.arraycopy(m.values(), from, values, to, length);
        return to + length;
    }

    /** The plug-in for a forward pass; none where there is nothing to read. */
    public Seams seams() {
        return Arrays.stream(rows).allMatch(r -> r == null)
                ? Seams.none()
                : Seams.none().withRows(this);
    }

    /**
     * Puts the rows into a cache, in place of what leads it now, which reads the same and costs a token no more than as many slots
     * would. Only for memories that all later queries see.
     */
    public void lead(KvCache cache) {
        if (mask != null) {
            throw new IllegalStateException("memories that some queries do not see cannot lead a cache");
        }
        cache.lead(this::of);
    }

    @Override
    public Seams.Rows of(int layer) {
        return rows[layer];
    }

    @Override
    public NDArray mask() {
        return mask;
    }

    @Override
    public void close() {
        manager.close();
    }
}

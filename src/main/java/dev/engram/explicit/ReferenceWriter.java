package dev.engram.explicit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes references into memories (paper, section 3.3; seed 3.1 and 3.3). A reference is encoded alone, behind the model's first
 * token and "Reference:"; nothing above the last memory layer is computed, and several references run side by side.
 *
 * <p>Differs from the paper in where memories are by default: see {@link LayerChoice}. The prefix's own keys and values are the same
 * before every reference; they are the {@link #sink}.
 */
public final class ReferenceWriter {
    private static final int BATCH = 8;

    private final CausalLm lm;
    private final Decoder decoder;
    private final WriteConfig config;
    private final int[] layers;
    private final int[] prefix;

    /** A writer; the model stays the caller's. */
    public ReferenceWriter(CausalLm lm, WriteConfig config) {
        this.lm = lm;
        this.decoder = lm.decoder();
        this.config = config;
        this.layers = config.layers().of(decoder.config().layers());
        this.prefix = prefix(lm);
    }

    private static int[] prefix(CausalLm lm) {
        int[] text = lm.tokenizer().encode(WriteConfig.PREFIX);
        return lm.defaults()
                .bos()
                .map(bos ->
                        IntStream.concat(IntStream.of(bos), Arrays.stream(text)).toArray())
                .orElse(text);
    }

    public WriteConfig config() {
        return config;
    }

    /** What a bank of this writer's memories is tied to. */
    BankIdentity identity() {
        return BankIdentity.of(decoder.fingerprint(), decoder.config(), config);
    }

    /** The ids before every reference. */
    public int[] prefix() {
        return prefix.clone();
    }

    /** Width of a key or value. */
    public int headDim() {
        return decoder.config().headDim();
    }

    /** Tokens of a text as a reference, without the prefix. */
    public int length(String text) {
        return encoded(text).length;
    }

    /** A space, because the text follows a word. */
    private int[] encoded(String text) {
        return lm.tokenizer().encode(" " + text.strip());
    }

    /** Ids of a reference as they are encoded, without the prefix; one that is too long is refused. */
    public int[] ids(String text) {
        int[] ids = encoded(text);
        if (text.isBlank() || ids.length > config.maxTokens()) {
            throw new BadInputException("The reference '" + start(text) + "' has "
                    + (text.isBlank()
                            ? "no text"
                            : ids.length + " tokens, but at most " + config.maxTokens() + " can be one memory")
                    + "; " + (text.isBlank() ? "leave it out." : "split it."));
        }
        return ids;
    }

    private static String start(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + " ...";
    }

    /** Position of a context's first token: behind the longest reference, so that every memory lies before every query. */
    public int contextPosition() {
        return prefix.length + config.maxTokens();
    }

    /**
     * Keys and values of the prefix at every layer: a constant place for attention that finds nothing to read. The paper prepends
     * them to the context at all layers, memory layer or not.
     */
    public ExplicitMemory sink() {
        int[] all = LayerChoice.ALL.of(decoder.config().layers());
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            int[][] ids = {prefix};
            decoder.fillCache(decoder.embed(scope, ids, cache), cache, Seams.none(), all.length);
            int[] slots = IntStream.range(0, prefix.length).toArray();
            int[][] kept = IntStream.range(0, kvHeads() * all.length)
                    .mapToObj(i -> slots)
                    .toArray(int[][]::new);
            return new Rows(scope, cache, all).memory(0, kept);
        }
    }

    /** One reference. */
    public ExplicitMemory write(String text) {
        return write(List.of(text)).get(0);
    }

    /** Several references, those of like length side by side; the memories stand in the texts' order. */
    public List<ExplicitMemory> write(List<String> texts) {
        return write(texts, List.of(config.tokens())).get(0);
    }

    /**
     * The same with several numbers of tokens kept, for the encoding of one.
     *
     * @param tokens each as {@link WriteConfig#tokens}
     * @return for each of them the memories of all texts
     */
    public List<List<ExplicitMemory>> write(List<String> texts, List<Integer> tokens) {
        List<int[]> ids = texts.stream().map(this::ids).toList();
        ExplicitMemory[][] memories = new ExplicitMemory[tokens.size()][texts.size()];
        try (BehindPrefix caches = new BehindPrefix()) {
            for (List<Integer> part : batches(ids)) {
                List<List<ExplicitMemory>> encoded =
                        encode(part.stream().map(ids::get).toList(), tokens, caches.of(part.size()));
                for (int k = 0; k < memories.length; k++) {
                    for (int i = 0; i < part.size(); i++) {
                        memories[k][part.get(i)] = encoded.get(k).get(i);
                    }
                }
            }
        }
        return Arrays.stream(memories).map(List::of).toList();
    }

    /** Places of references that are encoded side by side, short ones first; of one length where padding would be watched. */
    private List<List<Integer>> batches(List<int[]> ids) {
        boolean alike = config.selector().watched(1) > 0;
        List<Integer> order = IntStream.range(0, ids.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> ids.get(i).length))
                .toList();
        List<List<Integer>> batches = new ArrayList<>();
        for (int i : order) {
            List<Integer> last = batches.isEmpty() ? List.of() : batches.get(batches.size() - 1);
            boolean joins = !last.isEmpty()
                    && last.size() < BATCH
                    && (!alike || ids.get(last.get(0)).length == ids.get(i).length);
            if (!joins) {
                batches.add(new ArrayList<>());
            }
            batches.get(batches.size() - 1).add(i);
        }
        return batches;
    }

    /** A cache that holds the prefix, which is the same before all references and so computed once. */
    private final class BehindPrefix implements AutoCloseable {
        private final ExplicitMemory before = sink();
        private KvCache cache;

        /** For a batch of this size; what the last batch wrote is gone, its room is there. */
        KvCache of(int batch) {
            if (cache != null && cache.batch() == batch) {
                cache.truncate(cache.nextPosition() - prefix.length);
                return cache;
            }
            close();
            cache = decoder.newCache(batch, prefix.length);
            try (NDManager scope = decoder.newScope();
                    MemoryRows rows = MemoryRows.sink(scope, decoder.config().layers(), before, batch)) {
                rows.lead(cache);
            }
            return cache;
        }

        @Override
        public void close() {
            if (cache != null) {
                cache.close();
            }
        }
    }

    /** Memories of a batch, by number of tokens kept and by reference. */
    private List<List<ExplicitMemory>> encode(List<int[]> references, List<Integer> tokens, KvCache cache) {
        int[] probe = config.selector().probe();
        int width =
                probe.length + references.stream().mapToInt(r -> r.length).max().orElseThrow();
        // filled up on the right, where no token of a text can see it
        int[][] ids = references.stream()
                .map(r -> Arrays.copyOf(
                        IntStream.concat(Arrays.stream(r), Arrays.stream(probe)).toArray(), width))
                .toArray(int[][]::new);
        try (NDManager scope = decoder.newScope()) {
            Scores scores = new Scores(scope, references, width);
            decoder.fillCache(
                    decoder.embed(scope, ids, cache), cache, scores.seams(tokens), layers[layers.length - 1] + 1);
            Rows rows = new Rows(scope, cache, layers);
            return tokens.stream()
                    .map(most -> IntStream.range(0, ids.length)
                            .mapToObj(r -> rows.memory(r, scores.kept(r, most)))
                            .toList())
                    .toList();
        }
    }

    private int kvHeads() {
        return decoder.config().kvHeads();
    }

    private static boolean allKept(int most, int length) {
        return most == WriteConfig.ALL_TOKENS || most >= length;
    }

    /** Collects the selector's scores while the references are encoded. */
    private final class Scores implements Seams.ProjectionWatch, Seams.AttentionWatch {
        private final List<int[]> references;
        private final int width;
        private final NDArray text;
        /** By place among the memory layers, [batch × kvHeads × width]. */
        private final float[][] scores = new float[layers.length][];

        private NDArray received;

        Scores(NDManager scope, List<int[]> references, int width) {
            this.references = references;
            this.width = width;
            float[] where = new float[references.size() * width];
            for (int r = 0; r < references.size(); r++) {
                Arrays.fill(where, r * width, r * width + references.get(r).length, 1);
            }
            this.text = scope.create(where, new Shape(references.size(), width));
        }

        Seams seams(List<Integer> tokens) {
            boolean choose =
                    references.stream().anyMatch(r -> tokens.stream().anyMatch(most -> !allKept(most, r.length)));
            if (!choose) {
                return Seams.none();
            }
            boolean watched = config.selector().watched(width) > 0;
            return watched
                    ? Seams.none().withWatch(this).withProjections(this)
                    : Seams.none().withProjections(this);
        }

        @Override
        public int queries() {
            return config.selector().watched(width);
        }

        @Override
        public void received(int layer, NDArray attention) {
            received = attention;
        }

        @Override
        public boolean sees(int layer) {
            return Arrays.binarySearch(layers, layer) >= 0;
        }

        /** What a selector makes is freed at once: the weights of all layers would be a gigabyte. */
        @Override
        public void projected(int layer, NDArray q, NDArray k, NDArray v) {
            NDManager owner = q.getManager();
            List<NDArray> shown = List.of(q, k, v);
            try (NDManager scope = owner.newSubManager()) {
                shown.forEach(a -> a.attach(scope));
                NDArray own = received == null ? null : received.get(":, :, " + prefix.length + ":");
                TokenSelector.LayerView view = new TokenSelector.LayerView(layer, q, k, v, own, text);
                NDArray found = config.selector().scores(view);
                scores[Arrays.binarySearch(layers, layer)] = found.toFloatArray();
                found.attach(scope);
                if (own != null) {
                    own.attach(scope);
                }
                shown.forEach(a -> a.attach(owner));
            }
        }

        /** Slots that are kept, [memory layers × kvHeads][tokens], ascending; a slot's number is its token's position. */
        int[][] kept(int reference, int most) {
            int length = references.get(reference).length;
            int[][] kept = new int[layers.length * kvHeads()][];
            for (int i = 0; i < kept.length; i++) {
                int from = (reference * kvHeads() + i % kvHeads()) * width;
                IntStream tokens = allKept(most, length)
                        ? IntStream.range(0, length)
                        : top(length, most, scores[i / kvHeads()], from);
                kept[i] = tokens.map(t -> prefix.length + t).toArray();
            }
            return kept;
        }

        /** The best tokens of a head; of equal ones the earlier. */
        private IntStream top(int length, int most, float[] of, int from) {
            return IntStream.range(0, length)
                    .boxed()
                    .sorted(Comparator.comparingDouble(t -> -of[from + t]))
                    .limit(most)
                    .mapToInt(Integer::intValue)
                    .sorted();
        }
    }

    /** Keys and values of a filled cache. */
    private final class Rows {
        private final int[] of;
        private final int slots;
        private final float[][] keys;
        private final float[][] values;

        Rows(NDManager scope, KvCache cache, int[] of) {
            this.of = of;
            this.slots = cache.length(0);
            keys = new float[of.length][];
            values = new float[of.length][];
            for (int i = 0; i < of.length; i++) {
                try (NDManager step = scope.newSubManager()) {
                    keys[i] = cache.keys(step, of[i]).toFloatArray();
                    values[i] = cache.values(step, of[i]).toFloatArray();
                }
            }
        }

        /** What a row of the batch keeps. */
        ExplicitMemory memory(int row, int[][] kept) {
            LmConfig shape = decoder.config();
            int d = shape.headDim();
            int n = kept[0].length;
            int[] positions = new int[kept.length * n];
            float[] k = new float[positions.length * d];
            float[] v = new float[k.length];
            for (int i = 0; i < kept.length; i++) {
                int head = (row * shape.kvHeads() + i % shape.kvHeads()) * slots;
                for (int t = 0; t < n; t++) {
                    int to = i * n + t;
                    positions[to] = kept[i][t];
                    System.arraycopy(keys[i / shape.kvHeads()], (head + kept[i][t]) * d, k, to * d, d);
                    System.arraycopy(values[i / shape.kvHeads()], (head + kept[i][t]) * d, v, to * d, d);
                }
            }
            return new ExplicitMemory(of, shape.kvHeads(), d, positions, k, v);
        }
    }
}

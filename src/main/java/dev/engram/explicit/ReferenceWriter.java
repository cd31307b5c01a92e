package dev.engram.explicit;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
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
            return new CachedRows(scope, cache, all).memory(0, kept);
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
            SelectionScores scores = new SelectionScores(scope, config.selector(), cache, references, width, layers);
            decoder.fillCache(
                    decoder.embed(scope, ids, cache), cache, scores.seams(tokens), layers[layers.length - 1] + 1);
            CachedRows rows = new CachedRows(scope, cache, layers);
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
}

package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.Kernel;
import dev.engram.model.engine.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A decoder for any Llama-family checkpoint: embedding → layers → norm → head. The inside of a layer is the kernel text
 * decoder.py; this class walks the layers, either in one call for the whole stack or, where a plug-in acts between layers,
 * in two calls per layer. Both give the same numbers.
 *
 * <p>Hidden states are f32 whatever the weights' format, [batch, tokens, hidden]; so are logits.
 */
public final class Decoder implements AutoCloseable {
    private final LmConfig config;
    private final Backend backend;
    final NDArray none;
    private Adapter adapter;
    private TokenRows rows;
    private int vocab;
    private NDArray rowIds;

    public Decoder(LmConfig config, Backend backend) {
        this.config = config;
        this.backend = backend;
        this.none = Kernel.none(backend.manager());
        this.vocab = config.vocab();
    }

    public LmConfig config() {
        return config;
    }

    public Backend backend() {
        return backend;
    }

    /** Tells the weights, adapters included, from others; what memories that they wrote are tied to. */
    public String fingerprint() {
        return adapter == null ? backend.fingerprint() : backend.fingerprint() + "+" + adapter.fingerprint();
    }

    /** A manager for the caller's own arrays of one scope; close it when they are no longer needed. */
    public NDManager newScope() {
        return backend.manager().newSubManager();
    }

    /** An empty cache for one sequence. */
    public KvCache newCache() {
        return newCache(0);
    }

    /** An empty cache whose first token has this position, so that memories can stand before it. */
    public KvCache newCache(int firstPosition) {
        return new KvCache(config, backend, 1, null, firstPosition);
    }

    /** The same for a batch of texts that begin together. */
    public KvCache newCache(int batch, int firstPosition) {
        return new KvCache(config, backend, batch, null, firstPosition);
    }

    /** An empty cache for a batch; {@code padding} counts the padding tokens at the left of each row. */
    public KvCache newCache(int batch, int[] padding) {
        boolean padded = padding != null && Arrays.stream(padding).anyMatch(p -> p > 0);
        return new KvCache(config, backend, batch, padded ? padding : null, 0);
    }

    /** A cache that was saved before; one of another model, or a damaged file, gives a {@link BadInputException}. */
    public KvCache loadCache(Path file) {
        return KvCacheFile.load(this, file);
    }

    /** Reads low-rank adapters beside the weights from now on; null takes them away. The adapter stays the caller's. */
    public void adapt(Adapter newAdapter) {
        adapter = newAdapter;
    }

    /**
     * Reads token rows beside the embedding table and the head from now on; null takes them away. They stay the caller's.
     *
     * <p>Logits are then {@link #vocab} wide.
     */
    public void extend(TokenRows newRows) {
        int size = newRows == null ? config.vocab() : newRows.vocab(config);
        if (rowIds != null) {
            rowIds.close();
        }
        rowIds = newRows == null ? null : newRows.idTensor(backend.manager());
        rows = newRows;
        vocab = size;
    }

    /** Width of the logits: the model's vocabulary and the tokens that were added. */
    public int vocab() {
        return vocab;
    }

    /**
     * Embeddings of tokens that will follow the cache's text.
     *
     * @param ids [batch][tokens]
     * @return [batch, tokens, hidden]
     */
    public NDArray embed(NDManager out, int[][] ids, KvCache cache) {
        TextFit.require(config, vocab, ids, cache.nextPosition());
        Weights w = backend.weightsFor(ids.length * ids[0].length);
        try (NDManager step = out.newSubManager()) {
            NDArray tokens = Kernel.ids(step, TokenRows.withinTable(ids, config));
            if (rows != null) {
                NDArray x =
                        w.kernel().one(out, "embed_rows", tokens, w.embedding(), rows.slots(step, ids), rows.input());
                return w.positionTable() == null
                        ? x
                        : w.kernel()
                                .one(out, "add_positions", x, w.positionTable(), positions(step, cache, ids[0].length));
            }
            if (w.positionTable() == null) {
                return w.kernel().one(out, "embed", tokens, w.embedding());
            }
            return w.kernel()
                    .one(
                            out,
                            "embed_learned",
                            tokens,
                            w.embedding(),
                            w.positionTable(),
                            positions(step, cache, ids[0].length));
        }
    }

    /**
     * Vectors in place of embeddings.
     *
     * @param x [batch, tokens, hidden]
     * @param vectors by token index, each [hidden] in f32; every row of the batch receives them
     */
    public NDArray inject(NDManager out, NDArray x, Map<Integer, NDArray> vectors) {
        long tokens = x.getShape().get(1);
        try (NDManager step = out.newSubManager()) {
            float[] where = new float[(int) tokens];
            float[] values = new float[(int) tokens * config.hidden()];
            vectors.forEach((at, vector) -> {
                if (at < 0 || at >= tokens || vector.size() != config.hidden()) {
                    throw new BadInputException("A vector of " + vector.size() + " numbers was given for token " + at
                            + " of " + tokens + "; give " + config.hidden() + " numbers and an index of the text.");
                }
                where[at] = 1;
                System.arraycopy(vector.toFloatArray(), 0, values, at * config.hidden(), config.hidden());
            });
            return backend.first()
                    .kernel()
                    .one(
                            out,
                            "inject",
                            x,
                            step.create(values, new Shape(1, tokens, config.hidden())),
                            step.create(where, new Shape(1, tokens, 1)));
        }
    }

    /** Runs tokens through all layers; their keys and values join the cache. Returns the last hidden state before the norm. */
    public NDArray forward(NDManager out, int[][] ids, KvCache cache, Seams seams) {
        try (NDManager step = out.newSubManager()) {
            return forward(out, embed(step, ids, cache), cache, seams);
        }
    }

    /** The same from embeddings [batch, tokens, hidden], where a vector may stand in place of a token. */
    public NDArray forward(NDManager out, NDArray x, KvCache cache, Seams seams) {
        return seams.betweenLayers() ? forwardByLayer(out, x, cache, seams) : forwardStack(out, x, cache, seams);
    }

    /** One call for the whole stack. */
    private NDArray forwardStack(NDManager out, NDArray x, KvCache cache, Seams seams) {
        int tokens = begin(x, cache);
        Weights w = backend.weightsFor(rows(x));
        try (NDManager step = out.newSubManager()) {
            NDList biases = new NDList();
            NDList keys = new NDList();
            NDList values = new NDList();
            for (int i = 0; i < config.layers(); i++) {
                if (seams.bias() != null) {
                    NDArray bias = seams.bias().of(i, cache.length(i) + tokens);
                    biases.add(bias == null ? none : bias);
                }
                if (seams.rows() != null) {
                    Seams.Rows rows = rowsOf(step, seams, i, w);
                    keys.add(rows.keys());
                    values.add(rows.values());
                }
            }
            if (biases.stream().allMatch(bias -> bias == none)) {
                biases.clear(); // layers without a bias share one mask
            }
            int watch = seams.watch() == null ? 0 : seams.watch().queries();
            NDList result = w.kernel()
                    .call(
                            step,
                            "stack",
                            x,
                            w.layers(),
                            adapters(),
                            w.angles().cos(),
                            w.angles().sin(),
                            positions(step, cache, tokens),
                            cache.pinnedKeys(),
                            cache.pinnedValues(),
                            cache.starts(),
                            cache.paddingTensor(),
                            biases,
                            keys,
                            values,
                            mask(seams),
                            watch);
            cache.advance(tokens);
            if (watch > 0) {
                int[] columns = new int[config.layers()];
                for (int i = 0; i < columns.length; i++) {
                    columns[i] = cache.length(i)
                            + (keys.isEmpty() ? 0 : (int) keys.get(i).getShape().get(2));
                }
                seams.watch().received(result.get(1), columns);
            }
            result.get(0).attach(out);
            return result.get(0);
        }
    }

    /**
     * Runs the first layers alone, the last of them no further than its keys and values, or than its attention where that is watched.
     * The cache is good for reading those and for nothing else afterwards.
     *
     * @param x embeddings [batch, tokens, hidden]
     * @param layers how many layers, 1 to all
     */
    public void fillCache(NDArray x, KvCache cache, Seams seams, int layers) {
        int tokens = begin(x, cache);
        try (NDManager step = newScope()) {
            LayerPass pass = new LayerPass(this, step, x, cache, seams);
            pass.keysAndValues(layers - 1, pass.through(layers - 1, x));
            cache.advance(tokens);
        }
    }

    /** Two calls per layer, with the plug-ins' turns between them. */
    NDArray forwardByLayer(NDManager out, NDArray x, KvCache cache, Seams seams) {
        int tokens = begin(x, cache);
        try (NDManager step = out.newSubManager()) {
            NDArray h = new LayerPass(this, step, x, cache, seams).through(config.layers(), x);
            cache.advance(tokens);
            h.attach(out);
            return h;
        }
    }

    /**
     * Logits of the last positions.
     *
     * @param hidden [batch, tokens, hidden] as forward returned it
     * @param last how many positions; 0 for all
     * @return [batch, last, {@link #vocab}] in f32
     */
    public NDArray logits(NDManager out, NDArray hidden, int last) {
        int count = last > 0 ? (int) hidden.getShape().get(0) * last : rows(hidden);
        Weights w = backend.headFor(count);
        if (rows != null) {
            return w.kernel()
                    .one(
                            out,
                            "head_rows",
                            hidden,
                            w.finalGain(),
                            w.head().get(0),
                            w.head().get(1),
                            last,
                            rows.output(),
                            rowIds);
        }
        return w.kernel()
                .one(
                        out,
                        "head",
                        hidden,
                        w.finalGain(),
                        w.head().get(0),
                        w.head().get(1),
                        last);
    }

    /** Index of the largest logit at each row's last position; logits [batch, tokens, vocab]. */
    public int[] argmax(NDManager out, NDArray logits) {
        NDArray best = backend.first().kernel().one(out, "argmax", logits);
        long[] all = best.toLongArray();
        int rows = (int) best.getShape().get(0);
        int tokens = all.length / rows;
        int[] last = new int[rows];
        for (int r = 0; r < rows; r++) {
            last[r] = (int) all[(r + 1) * tokens - 1];
        }
        return last;
    }

    /** Log-probabilities of target ids [batch, tokens] under logits [batch, tokens, vocab], flattened. */
    public float[] logprobs(NDManager out, NDArray logits, NDArray targets) {
        return backend.first().kernel().one(out, "logprobs", logits, targets).toFloatArray();
    }

    /**
     * Two predictions for the same positions, one value per position.
     *
     * @param logprobs log-probability of each target under the second
     * @param kl KL(first || second) in nats
     * @param same 1 where both hold the same token for the likeliest, else 0
     */
    public record Comparison(float[] logprobs, float[] kl, float[] same) {}

    /**
     * Compares predictions without taking them out of the engine.
     *
     * @param full logits [1, tokens, vocab]
     * @param other logits of the same shape
     * @param targets the token that follows each position
     */
    public Comparison compare(NDArray full, NDArray other, int[] targets) {
        try (NDManager step = newScope()) {
            float[] all = backend.first()
                    .kernel()
                    .one(step, "compare", full, other, Kernel.ids(step, new int[][] {targets}))
                    .toFloatArray();
            int n = targets.length;
            return new Comparison(
                    Arrays.copyOf(all, n), Arrays.copyOfRange(all, n, 2 * n), Arrays.copyOfRange(all, 2 * n, 3 * n));
        }
    }

    /** The hidden state after the final norm, in f32: what the head reads. */
    public NDArray normalised(NDManager out, NDArray hidden) {
        Weights w = backend.weightsFor(rows(hidden));
        return w.kernel().one(out, "normalised", hidden, w.finalGain());
    }

    private int begin(NDArray x, KvCache cache) {
        int tokens = Math.toIntExact(x.getShape().get(1));
        if (x.getShape().get(0) != cache.batch()) {
            throw new IllegalArgumentException(
                    "a batch of " + x.getShape().get(0) + " does not fit a cache for " + cache.batch() + " sequences");
        }
        TextFit.requirePositions(config, cache.nextPosition() + tokens);
        backend.weightsFor(rows(x)).angles().reach(cache.nextPosition() + tokens);
        cache.prepare(tokens);
        return tokens;
    }

    private static int rows(NDArray x) {
        return Math.toIntExact(x.getShape().get(0) * x.getShape().get(1));
    }

    Object adapters() {
        return adapter == null ? new NDList() : adapter.pinned();
    }

    /** Positions of the next tokens, [1|batch, tokens]; a padded row counts from its first real token. */
    static NDArray positions(NDManager step, KvCache cache, int tokens) {
        return Backend.positions(step, cache.nextPosition(), tokens, cache.padding());
    }

    Seams.Rows rowsOf(NDManager step, Seams seams, int layer, Weights w) {
        Seams.Rows rows = seams.rows() == null ? null : seams.rows().of(layer);
        if (rows == null) {
            NDArray empty = step.create(new float[0], new Shape(1, config.kvHeads(), 0, config.headDim()));
            return new Seams.Rows(empty, empty);
        }
        int type = w.format().bf16() ? 15 : 6;
        return new Seams.Rows(
                backend.tools().one(step, "cast", rows.keys(), type),
                backend.tools().one(step, "cast", rows.values(), type));
    }

    NDArray mask(Seams seams) {
        NDArray mask = seams.rows() == null ? null : seams.rows().mask();
        return mask == null ? none : mask;
    }

    @Override
    public void close() {
        backend.close();
    }
}

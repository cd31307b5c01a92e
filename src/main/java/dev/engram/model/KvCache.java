package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.IValue;
import dev.engram.model.engine.AngleTable;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.Kernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Keys and values of the running text. Every layer has its own length; a slot keeps the true position of its token for
 * ever, and keys are held rotated to it. Kept sets may differ per key/value head within a layer (same count). A dropped
 * slot frees its bytes.
 *
 * <p>Buffers are [batch, kvHeads, capacity, headDim] per layer. A batch of prompts of different lengths is padded on the
 * left; such a cache cannot drop slots.
 */
public final class KvCache implements AutoCloseable {
    private final LmConfig config;
    private final Backend backend;
    private final NDManager manager;
    private final int batch;
    private final int[] padding;
    private final NDArray paddingTensor;
    private final CacheLayer[] layers;
    private final int firstPosition;
    private int nextPosition;
    private int tokensSeen;
    private IValue pinnedKeys;
    private IValue pinnedValues;

    /**
     * An empty cache.
     *
     * @param padding per row the number of padding tokens at the left of its prompt; null for none
     * @param firstPosition position of the first token, 0 unless room is left for memories before the text
     */
    KvCache(LmConfig config, Backend backend, int batch, int[] padding, int firstPosition) {
        this.config = config;
        this.backend = backend;
        this.manager = backend.manager().newSubManager();
        this.batch = batch;
        this.padding = padding == null ? new int[0] : padding.clone();
        this.firstPosition = firstPosition;
        this.nextPosition = firstPosition;
        this.paddingTensor = padding == null
                ? Kernel.none(manager)
                : manager.create(Arrays.stream(padding).asLongStream().toArray());
        this.layers = new CacheLayer[config.layers()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = new CacheLayer(backend.tools(), manager, empty(), empty());
        }
    }

    private KvCache(KvCache other) {
        this.config = other.config;
        this.backend = other.backend;
        this.manager = backend.manager().newSubManager();
        this.batch = other.batch;
        this.padding = other.padding.clone();
        this.firstPosition = other.firstPosition;
        this.nextPosition = other.nextPosition;
        this.tokensSeen = other.tokensSeen;
        this.paddingTensor = padding.length == 0
                ? Kernel.none(manager)
                : manager.create(Arrays.stream(padding).asLongStream().toArray());
        this.layers = Arrays.stream(other.layers).map(l -> l.copy(manager)).toArray(CacheLayer[]::new);
    }

    /** An independent copy; the bytes held double. */
    public KvCache fork() {
        return new KvCache(this);
    }

    public int batch() {
        return batch;
    }

    /** Shape of the model whose text this is. */
    public LmConfig config() {
        return config;
    }

    public int layers() {
        return layers.length;
    }

    /** Slots of a layer. */
    public int length(int layer) {
        return layers[layer].length();
    }

    /** Position that the next token will have. */
    public int nextPosition() {
        return nextPosition;
    }

    /** Tokens that were ever fed, dropped ones included. */
    public int tokensSeen() {
        return tokensSeen;
    }

    /** True positions of a layer's slots for one key/value head, ascending. */
    public int[] positions(int layer, int head) {
        return layers[layer].positions(head);
    }

    /** Whether heads of this layer keep different tokens. */
    public boolean perHead(int layer) {
        return layers[layer].perHead();
    }

    /** Bytes of the buffers as allocated, room for the next tokens included. */
    public long bytesHeld() {
        long slots = 0;
        for (CacheLayer layer : layers) {
            slots += layer.capacity();
        }
        return slots * bytesPerSlot();
    }

    /** Bytes that the buffers would have if nothing had been dropped, filled by passes alone. */
    public long bytesOfFull() {
        return layers.length * (long) CacheLayer.blocks(tokensSeen) * bytesPerSlot();
    }

    /** Bytes of the slots in use. */
    public long bytesUsed() {
        long slots = 0;
        for (CacheLayer layer : layers) {
            slots += layer.length();
        }
        return slots * bytesPerSlot();
    }

    /** Bytes of one slot of one layer, keys and values of the whole batch. */
    public long bytesPerSlot() {
        return 2L * batch * config.kvHeads() * config.headDim() * backend.bytesPerValue();
    }

    /** Keys of a layer as stored, in f32, [batch, kvHeads, slots, headDim]; rotated to their positions. */
    public NDArray keys(NDManager out, int layer) {
        return backend.tools().one(out, "rows", layers[layer].keys(), layers[layer].length());
    }

    /** Values of a layer in f32, [batch, kvHeads, slots, headDim]. */
    public NDArray values(NDManager out, int layer) {
        return backend.tools().one(out, "rows", layers[layer].values(), layers[layer].length());
    }

    /** Makes room for {@code tokens} more in every layer at once. */
    public void reserve(int tokens) {
        makeRoom(tokens, false);
    }

    /**
     * Keeps some slots of a layer and frees the others.
     *
     * @param kept ascending slot numbers, [1][n] for all heads alike or [kvHeads][n]
     */
    public void keep(int layer, int[][] kept) {
        if (padding.length > 0) {
            throw new IllegalStateException("a cache of padded prompts cannot drop slots; use batch 1");
        }
        requireOwnText("drop slots");
        if (kept.length != 1 && kept.length != config.kvHeads()) {
            throw new IllegalArgumentException("kept slots for " + kept.length + " heads, but a layer has "
                    + config.kvHeads() + "; give one list or one per head");
        }
        if (kept[0].length != layers[layer].length()) {
            unpin();
            layers[layer].keep(kept);
        }
    }

    /** Takes back the last {@code tokens} tokens, as if they had not been fed; none of their slots may have been dropped. */
    public void truncate(int tokens) {
        for (CacheLayer layer : layers) {
            if (!layer.endsAt(tokens, nextPosition - tokens)) {
                throw new IllegalArgumentException(tokens + " tokens cannot be taken back: some of them were dropped");
            }
        }
        for (CacheLayer layer : layers) {
            layer.cut(tokens);
        }
        nextPosition -= tokens;
        tokensSeen -= tokens;
    }

    /**
     * Puts keys and values of other texts before the text's own, in place of those that an earlier call put there. Every token fed
     * later attends to them as to earlier tokens, in the same softmax, at the cost of as many slots. Their positions count as
     * negative. Such a cache cannot drop slots, change positions, or be saved.
     *
     * @param rows of a layer, keys rotated already, [batch, kvHeads, n, headDim]; null for a layer without
     */
    public void lead(IntFunction<Seams.Rows> rows) {
        if (padding.length > 0) {
            throw new IllegalStateException("rows cannot lead a cache of padded prompts; pass them as extra rows");
        }
        unpin();
        for (int i = 0; i < layers.length; i++) {
            Seams.Rows own = rows.apply(i);
            if (own == null) {
                try (NDArray none = empty()) {
                    layers[i].lead(none, none, 0);
                }
            } else {
                layers[i].lead(
                        own.keys(), own.values(), (int) own.keys().getShape().get(2));
            }
        }
    }

    private void requireOwnText(String what) {
        if (Arrays.stream(layers).anyMatch(l -> l.leading() > 0)) {
            throw new IllegalStateException("a cache that other texts lead cannot " + what + "; take them out first");
        }
    }

    /**
     * Gives the kept tokens consecutive positions, as if the dropped ones had never been there, and rotates their keys along.
     * Layers of different length end at the same position, the longest one starting at the text's first. A long text then
     * never leaves the positions that the model was trained on (StreamingLLM's positions within the cache). Rotating bf16 keys
     * rounds them each time, so do it every few dozen tokens.
     */
    public void rebase() {
        if (!(config.positions() instanceof Positions.Rope rope)) {
            throw new BadInputException(
                    "This model has learned positions, which cannot be rotated; use absolute ones.");
        }
        requireOwnText("change positions");
        int longest = Arrays.stream(layers).mapToInt(CacheLayer::length).max().orElse(0);
        float[] inverse = AngleTable.inverseFrequencies(rope, config.headDim());
        for (CacheLayer layer : layers) {
            layer.rebase(firstPosition + longest, inverse);
        }
        nextPosition = firstPosition + longest;
    }

    /**
     * Lets the next token have another position than the one behind the last token. Only for the study of caches that lose
     * track of positions; keys stay as they are.
     */
    public void continueAt(int position) {
        nextPosition = position;
    }

    /**
     * Lets passes read keys and values multiplied by a factor per slot, until {@link #unfade}. Both the true and the multiplied
     * buffers are held meanwhile. Only for the study of caches that weaken tokens this way.
     *
     * @param factors [layers][slots]
     */
    public void fade(float[][] factors) {
        requireOwnText("fade");
        unpin();
        for (int i = 0; i < layers.length; i++) {
            layers[i].fade(factors[i]);
        }
    }

    /** Takes the true keys and values back; those written since {@link #fade} stay. */
    public void unfade() {
        unpin();
        for (CacheLayer layer : layers) {
            layer.unfade();
        }
    }

    /** Drops slots of a layer, the same for all heads. */
    public void drop(int layer, int... slots) {
        boolean[] gone = new boolean[layers[layer].length()];
        for (int s : slots) {
            if (s < 0 || s >= gone.length) {
                throw new IllegalArgumentException(
                        "slot " + s + " of layer " + layer + " with " + gone.length + " slots");
            }
            gone[s] = true;
        }
        drop(layer, gone);
    }

    /** Drops the slots of a layer whose mask is true. */
    public void drop(int layer, boolean[] gone) {
        if (gone.length != layers[layer].length()) {
            throw new IllegalArgumentException(
                    "a mask of " + gone.length + " slots for a layer with " + layers[layer].length());
        }
        List<Integer> kept = new ArrayList<>();
        for (int s = 0; s < gone.length; s++) {
            if (!gone[s]) {
                kept.add(s);
            }
        }
        keep(layer, new int[][] {kept.stream().mapToInt(Integer::intValue).toArray()});
    }

    /** Room for {@code tokens} new slots in every layer; called before a forward pass. */
    void prepare(int tokens) {
        makeRoom(tokens, true);
    }

    private void makeRoom(int tokens, boolean blocks) {
        for (CacheLayer layer : layers) {
            if (layer.full(tokens)) {
                unpin();
                layer.grow(tokens, blocks);
            }
        }
    }

    /** Counts {@code tokens} new slots; called after a forward pass wrote them. */
    void advance(int tokens) {
        for (CacheLayer layer : layers) {
            layer.advance(tokens, nextPosition);
        }
        nextPosition += tokens;
        tokensSeen += tokens;
    }

    private NDArray empty() {
        return backend.tools()
                .one(
                        manager,
                        "zeros",
                        new long[] {batch, config.kvHeads(), 0, config.headDim()},
                        backend.cacheType(),
                        paddingTensor);
    }

    private void unpin() {
        if (pinnedKeys != null) {
            pinnedKeys.close();
            pinnedValues.close();
            pinnedKeys = null;
            pinnedValues = null;
        }
    }

    /** The key buffers of all layers as one kernel argument. */
    IValue pinnedKeys() {
        if (pinnedKeys == null) {
            pinnedKeys = Kernel.pin(Arrays.stream(layers).map(CacheLayer::keys).toList());
            pinnedValues =
                    Kernel.pin(Arrays.stream(layers).map(CacheLayer::values).toList());
        }
        return pinnedKeys;
    }

    IValue pinnedValues() {
        pinnedKeys();
        return pinnedValues;
    }

    NDArray keyBuffer(int layer) {
        return layers[layer].keys();
    }

    NDArray valueBuffer(int layer) {
        return layers[layer].values();
    }

    /** Slot at which each layer's next token is written. */
    long[] starts() {
        return Arrays.stream(layers).mapToLong(CacheLayer::length).toArray();
    }

    int[] padding() {
        return padding;
    }

    NDArray paddingTensor() {
        return paddingTensor;
    }

    int firstPosition() {
        return firstPosition;
    }

    /**
     * Writes the cache to a file, from which {@link Decoder#loadCache} makes it again; keys and values in f32. A file that
     * cannot be written gives a {@link BadInputException} and leaves nothing behind.
     */
    public void save(Path file) {
        requireOwnText("be saved");
        KvCacheFile.save(this, config, backend.fingerprint(), file);
    }

    /** A manager for arrays beside the cache, such as a bias per slot; the caller closes it. */
    public NDManager newScope() {
        return manager.newSubManager();
    }

    /** Fills an empty layer from saved rows, f32 [batch, kvHeads, slots, headDim]. */
    void restore(int layer, NDArray keys, NDArray values, int[][] positions, int next) {
        unpin();
        layers[layer].restore(keys, values, positions);
        nextPosition = next;
        tokensSeen = next - firstPosition;
    }

    @Override
    public void close() {
        unpin();
        manager.close();
    }
}

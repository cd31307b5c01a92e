package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import dev.engram.model.engine.Backend;
import dev.engram.model.engine.Kernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values of the running text. Every layer has its own length; a slot keeps the true position of its token for
 * ever, and keys are held rotated to it. Kept sets may differ per key/value head within a layer (same count). A dropped
 * slot frees its bytes.
 *
 * <p>Buffers are [batch, kvHeads, capacity, headDim] per layer. A batch of prompts of different lengths is padded on the
 * left; such a cache cannot drop slots.
 */
public final class KvCache implements AutoCloseable {
    /** Slots by which a full buffer grows: small, so that the bytes held follow the text. */
    private static final int BLOCK = 64;

    private final LmConfig config;
    private final Backend backend;
    private final NDManager manager;
    private final int batch;
    private final int[] padding;
    private final NDArray paddingTensor;
    private final Layer[] layers;
    private final int firstPosition;
    private int nextPosition;
    private IValue pinnedKeys;
    private IValue pinnedValues;

    /** One layer's buffers and what stands in its slots. */
    private static final class Layer {
        private NDArray keys;
        private NDArray values;
        private int capacity;
        private int length;
        /** [1][capacity], or [kvHeads][capacity] once heads keep different tokens. */
        private int[][] positions = new int[1][0];

        private Layer copy() {
            Layer copy = new Layer();
            copy.length = length;
            copy.capacity = capacity;
            copy.positions = new int[positions.length][];
            for (int h = 0; h < positions.length; h++) {
                copy.positions[h] = positions[h].clone();
            }
            return copy;
        }
    }

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
        this.layers = new Layer[config.layers()];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = new Layer();
            layers[i].keys = buffer(0);
            layers[i].values = buffer(0);
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
        this.paddingTensor = padding.length == 0
                ? Kernel.none(manager)
                : manager.create(Arrays.stream(padding).asLongStream().toArray());
        this.layers = new Layer[other.layers.length];
        for (int i = 0; i < layers.length; i++) {
            Layer from = other.layers[i];
            layers[i] = from.copy();
            layers[i].keys = backend.tools().one(manager, "grow", from.keys, from.length, from.capacity);
            layers[i].values = backend.tools().one(manager, "grow", from.values, from.length, from.capacity);
        }
    }

    /** An independent copy; the bytes held double. */
    public KvCache fork() {
        return new KvCache(this);
    }

    public int batch() {
        return batch;
    }

    public int layers() {
        return layers.length;
    }

    /** Slots of a layer. */
    public int length(int layer) {
        return layers[layer].length;
    }

    /** Position that the next token will have. */
    public int nextPosition() {
        return nextPosition;
    }

    /** Tokens that were ever fed, dropped ones included. */
    public int tokensSeen() {
        return nextPosition - firstPosition;
    }

    /** True positions of a layer's slots for one key/value head, ascending. */
    public int[] positions(int layer, int head) {
        int[][] p = layers[layer].positions;
        return Arrays.copyOf(p[p.length == 1 ? 0 : head], layers[layer].length);
    }

    /** Whether heads of this layer keep different tokens. */
    public boolean perHead(int layer) {
        return layers[layer].positions.length > 1;
    }

    /** Bytes of the buffers as allocated, room for the next tokens included. */
    public long bytesHeld() {
        long slots = 0;
        for (Layer layer : layers) {
            slots += layer.capacity;
        }
        return slots * bytesPerSlot();
    }

    /** Bytes of the slots in use. */
    public long bytesUsed() {
        long slots = 0;
        for (Layer layer : layers) {
            slots += layer.length;
        }
        return slots * bytesPerSlot();
    }

    /** Bytes of one slot of one layer, keys and values of the whole batch. */
    public long bytesPerSlot() {
        return 2L * batch * config.kvHeads() * config.headDim() * backend.bytesPerValue();
    }

    /** Keys of a layer as stored, in f32, [batch, kvHeads, slots, headDim]; rotated to their positions. */
    public NDArray keys(NDManager out, int layer) {
        return backend.tools().one(out, "rows", layers[layer].keys, layers[layer].length);
    }

    /** Values of a layer in f32, [batch, kvHeads, slots, headDim]. */
    public NDArray values(NDManager out, int layer) {
        return backend.tools().one(out, "rows", layers[layer].values, layers[layer].length);
    }

    /** Makes room for {@code tokens} more in every layer at once. */
    public void reserve(int tokens) {
        for (Layer layer : layers) {
            if (layer.length + tokens > layer.capacity) {
                resize(layer, layer.length + tokens);
            }
        }
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
        Layer l = layers[layer];
        if (kept.length != 1 && kept.length != config.kvHeads()) {
            throw new IllegalArgumentException("kept slots for " + kept.length + " heads, but a layer has "
                    + config.kvHeads() + "; give one list or one per head");
        }
        check(kept, l.length);
        int n = kept[0].length;
        if (n == l.length) {
            return;
        }
        int capacity = n + Math.min(BLOCK, l.length - n);
        long[] flat = new long[kept.length * n];
        for (int h = 0; h < kept.length; h++) {
            for (int s = 0; s < n; s++) {
                flat[h * n + s] = kept[h][s];
            }
        }
        try (NDArray slots = manager.create(flat, new Shape(kept.length, n))) {
            replace(
                    l,
                    backend.tools().one(manager, "keep", l.keys, slots, capacity),
                    backend.tools().one(manager, "keep", l.values, slots, capacity),
                    capacity);
        }
        int heads = Math.max(kept.length, l.positions.length);
        int[][] positions = new int[heads][capacity];
        for (int h = 0; h < heads; h++) {
            int[] from = l.positions[l.positions.length == 1 ? 0 : h];
            int[] which = kept[kept.length == 1 ? 0 : h];
            for (int s = 0; s < n; s++) {
                positions[h][s] = from[which[s]];
            }
        }
        l.positions = positions;
        l.length = n;
    }

    /** Takes back the last {@code tokens} tokens, as if they had not been fed; none of their slots may have been dropped. */
    public void truncate(int tokens) {
        for (Layer layer : layers) {
            for (int[] head : layer.positions) {
                int first = layer.length - tokens;
                if (first < 0 || tokens > 0 && head[first] != nextPosition - tokens) {
                    throw new IllegalArgumentException(
                            tokens + " tokens cannot be taken back: some of them were dropped");
                }
            }
        }
        for (Layer layer : layers) {
            layer.length -= tokens;
        }
        nextPosition -= tokens;
    }

    /** Drops slots of a layer, the same for all heads. */
    public void drop(int layer, int... slots) {
        boolean[] gone = new boolean[layers[layer].length];
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
        if (gone.length != layers[layer].length) {
            throw new IllegalArgumentException(
                    "a mask of " + gone.length + " slots for a layer with " + layers[layer].length);
        }
        List<Integer> kept = new ArrayList<>();
        for (int s = 0; s < gone.length; s++) {
            if (!gone[s]) {
                kept.add(s);
            }
        }
        keep(layer, new int[][] {kept.stream().mapToInt(Integer::intValue).toArray()});
    }

    private static void check(int[][] kept, int length) {
        for (int[] head : kept) {
            if (head.length != kept[0].length) {
                throw new IllegalArgumentException("heads of a layer must keep equally many slots");
            }
            for (int s = 0; s < head.length; s++) {
                if (head[s] < 0 || head[s] >= length || s > 0 && head[s] <= head[s - 1]) {
                    throw new IllegalArgumentException("kept slots must ascend below " + length + ", found " + head[s]);
                }
            }
        }
    }

    /** Room for {@code tokens} new slots in every layer; called before a forward pass. */
    void prepare(int tokens) {
        for (Layer layer : layers) {
            if (layer.length + tokens > layer.capacity) {
                resize(layer, (layer.length + tokens + BLOCK - 1) / BLOCK * BLOCK);
            }
        }
    }

    /** Counts {@code tokens} new slots; called after a forward pass wrote them. */
    void advance(int tokens) {
        for (Layer layer : layers) {
            for (int h = 0; h < layer.positions.length; h++) {
                for (int t = 0; t < tokens; t++) {
                    layer.positions[h][layer.length + t] = nextPosition + t;
                }
            }
            layer.length += tokens;
        }
        nextPosition += tokens;
    }

    private void resize(Layer layer, int capacity) {
        replace(
                layer,
                backend.tools().one(manager, "grow", layer.keys, layer.length, capacity),
                backend.tools().one(manager, "grow", layer.values, layer.length, capacity),
                capacity);
        for (int h = 0; h < layer.positions.length; h++) {
            layer.positions[h] = Arrays.copyOf(layer.positions[h], capacity);
        }
    }

    private void replace(Layer layer, NDArray keys, NDArray values, int capacity) {
        unpin();
        layer.keys.close();
        layer.values.close();
        layer.keys = keys;
        layer.values = values;
        layer.capacity = capacity;
    }

    private NDArray buffer(int capacity) {
        return backend.tools()
                .one(
                        manager,
                        "zeros",
                        new long[] {batch, config.kvHeads(), capacity, config.headDim()},
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
            pinnedKeys = Kernel.pin(Arrays.stream(layers).map(l -> l.keys).toList());
            pinnedValues = Kernel.pin(Arrays.stream(layers).map(l -> l.values).toList());
        }
        return pinnedKeys;
    }

    IValue pinnedValues() {
        pinnedKeys();
        return pinnedValues;
    }

    NDArray keyBuffer(int layer) {
        return layers[layer].keys;
    }

    NDArray valueBuffer(int layer) {
        return layers[layer].values;
    }

    /** Slot at which each layer's next token is written. */
    long[] starts() {
        return Arrays.stream(layers).mapToLong(l -> l.length).toArray();
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
        KvCacheFile.save(this, config, file);
    }

    NDManager newScope() {
        return manager.newSubManager();
    }

    /** Fills an empty layer from saved rows, f32 [batch, kvHeads, slots, headDim]. */
    void restore(int layer, NDArray keys, NDArray values, int[][] positions, int next) {
        Layer l = layers[layer];
        int n = positions[0].length;
        resize(l, n);
        l.positions = positions;
        backend.tools().call(manager, "put_rows", l.keys, keys).close();
        backend.tools().call(manager, "put_rows", l.values, values).close();
        l.length = n;
        nextPosition = next;
    }

    @Override
    public void close() {
        unpin();
        manager.close();
    }
}

package dev.engram.dual;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.engram.model.engine.Kernel;
import java.util.Arrays;

/**
 * How one layer reads and writes its long-term stores. Reading: a query q = xWq per token, the top-k slots by q·k/√h + λ log w,
 * soft attention over them, and x + σ(g) Wo m. Writing: a key xWk and a value xWv per token.
 *
 * <p>The choice of slots has no gradient; the attention over them has one, to the query and, for what was written since the last
 * detach, to the keys and values.
 */
final class LongTermAccess {
    /** Logit of a place without a slot. */
    private static final float ABSENT = -1e9f;

    private final Kernel kernel;
    private final MemoryParameters parameters;
    private final LmcodeConfig config;
    private final int layer;
    private final String at;
    private final NDArray offset;

    LongTermAccess(Kernel kernel, NDManager manager, MemoryParameters parameters, int layer, LmcodeConfig config) {
        this.kernel = kernel;
        this.parameters = parameters;
        this.config = config;
        this.layer = layer;
        this.at = MemoryParameters.longTerm(layer);
        this.offset = manager.create((float) config.valueOffset());
    }

    /** x [batch, tokens, h] with what was read; x itself where nothing is stored. */
    NDArray read(NDManager step, NDArray x, MemoryState state) {
        int batch = state.batch();
        int tokens = (int) x.getShape().get(1);
        NDArray q = kernel.record(step, "long_term_query", x, p("q.weight")).get(0);
        Found found = new Found(batch, tokens, state);
        found.search(q.toFloatArray());
        if (found.slots == 0) {
            return x;
        }
        int k = config.topK();
        NDList result = kernel.record(
                step,
                "long_term_read",
                x,
                q,
                found.table(step, true),
                found.table(step, false),
                step.create(found.rows, new Shape(batch, tokens, k)),
                step.create(found.bias, new Shape(batch, tokens, k)),
                step.create(found.any, new Shape(batch, tokens, 1)),
                p("o.weight"),
                p("gate.weight"),
                p("gate.bias"));
        float[] seen = result.get(1).toFloatArray();
        state.trace(state.trace()
                .get(layer)
                .withRead(seen[0], seen[1], (double) found.slots / (batch * tokens), used(state)));
        return result.get(0);
    }

    private double used(MemoryState state) {
        double used = 0;
        for (int b = 0; b < state.batch(); b++) {
            used += state.longTerm(layer, b).size();
        }
        return used / state.batch();
    }

    /** Writes the tokens of a segment, x [batch, tokens, h], with importance 1. */
    void write(NDManager step, NDArray x, MemoryState state) {
        if (x.getShape().get(1) <= config.valueOffset()) {
            return;
        }
        NDList pairs = kernel.record(step, "long_term_pairs", x, p("k.weight"), p("v.weight"), offset);
        float[] keys = pairs.get(0).toFloatArray();
        float[] values = pairs.get(1).toFloatArray();
        int h = config.hiddenSize();
        int n = (int) pairs.get(0).getShape().get(1);
        boolean recording = JniUtils.isGradMode();
        Written written = state.written(layer);
        int first = recording ? written.add(pairs.get(0), pairs.get(1)) : -1;
        if (recording) {
            pairs.attach(state.manager());
        }
        for (int row = 0; row < state.batch() * n; row++) {
            LongTermMemory store = state.longTerm(layer, row / n);
            int slot = store.write(
                    Arrays.copyOfRange(keys, row * h, (row + 1) * h),
                    Arrays.copyOfRange(values, row * h, (row + 1) * h),
                    1);
            written.put(store, slot, recording ? first + row : -1);
        }
    }

    private NDArray p(String name) {
        return parameters.get(at + name);
    }

    /** What all tokens of a pass retrieve. */
    private final class Found {
        private final MemoryState state;
        private final Written written;
        private final int tokens;
        /** [batch, tokens, k]: row in the table of vectors. */
        private final long[] rows;
        /** [batch, tokens, k]: λ log w. */
        private final float[] bias;
        /** [batch, tokens]: 1 where a token retrieves at all. */
        private final float[] any;

        private final java.util.List<float[]> storedKeys = new java.util.ArrayList<>();
        private final java.util.List<float[]> storedValues = new java.util.ArrayList<>();
        private long slots;

        Found(int batch, int tokens, MemoryState state) {
            this.state = state;
            this.tokens = tokens;
            this.written = state.written(layer);
            rows = new long[batch * tokens * config.topK()];
            bias = new float[rows.length];
            any = new float[batch * tokens];
            Arrays.fill(bias, ABSENT);
        }

        void search(float[] queries) {
            int h = config.hiddenSize();
            // a slot that several tokens retrieve stands in the table once
            java.util.Map<LongTermMemory, java.util.Map<Integer, Integer>> stored = new java.util.IdentityHashMap<>();
            for (int i = 0; i < any.length; i++) {
                LongTermMemory store = state.longTerm(layer, i / tokens);
                if (store.size() == 0) {
                    continue;
                }
                Retrieved r = store.retrieve(Arrays.copyOfRange(queries, i * h, (i + 1) * h), config.topK());
                for (int j = 0; j < r.slots().length; j++) {
                    int slot = r.slots()[j];
                    int row = written.row(store, slot);
                    rows[i * config.topK() + j] = row >= 0
                            ? row
                            : stored.computeIfAbsent(store, s -> new java.util.HashMap<>())
                                    .computeIfAbsent(slot, s -> keep(store, s));
                    bias[i * config.topK() + j] =
                            (float) (config.importanceWeight() * Math.log(store.importance(slot)));
                }
                slots += r.slots().length;
                any[i] = r.slots().length > 0 ? 1 : 0;
            }
        }

        private int keep(LongTermMemory store, int slot) {
            storedKeys.add(store.key(slot));
            storedValues.add(store.value(slot));
            return written.size() + storedKeys.size() - 1;
        }

        /** All vectors that were retrieved, [n, h]: those of the graph, then those of the stores. */
        NDArray table(NDManager step, boolean keys) {
            NDList parts = new NDList(keys ? written.keys() : written.values());
            java.util.List<float[]> stored = keys ? storedKeys : storedValues;
            if (!stored.isEmpty()) {
                int h = config.hiddenSize();
                float[] flat = new float[stored.size() * h];
                for (int i = 0; i < stored.size(); i++) {
                    System.arraycopy(stored.get(i), 0, flat, i * h, h);
                }
                parts.add(step.create(flat, new Shape(1, stored.size(), h)));
            }
            return kernel.record(step, "table", parts).get(0);
        }
    }
}

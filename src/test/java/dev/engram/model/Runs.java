package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs a decoder and copies out what the tests compare. */
final class Runs {
    /** Which of the decoder's two drivers walks the layers. */
    enum Driver {
        STACK,
        LAYERS
    }

    private Runs() {}

    /** Logits [tokens × vocab] of ids that are fed in chunks of these sizes, the last one repeated, into a fresh cache. */
    static float[] logits(Decoder decoder, Driver driver, int[] ids, Seams seams, int... chunks) {
        try (KvCache cache = decoder.newCache()) {
            return logits(decoder, driver, ids, cache, seams, chunks);
        }
    }

    /** The same into a given cache. */
    static float[] logits(Decoder decoder, Driver driver, int[] ids, KvCache cache, Seams seams, int... chunks) {
        int vocab = decoder.config().vocab();
        float[] all = new float[ids.length * vocab];
        int at = 0;
        for (int c = 0; at < ids.length; c++) {
            int size = chunks.length == 0 ? ids.length : chunks[Math.min(c, chunks.length - 1)];
            int[] part = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + size));
            try (NDManager scope = decoder.newScope()) {
                NDArray x = decoder.embed(scope, new int[][] {part}, cache);
                float[] logits = decoder.logits(scope, pass(decoder, driver, scope, x, cache, seams), 0)
                        .toFloatArray();
                System.arraycopy(logits, 0, all, at * vocab, logits.length);
            }
            at += part.length;
        }
        return all;
    }

    /** One pass from embeddings. */
    static NDArray pass(Decoder decoder, Driver driver, NDManager out, NDArray x, KvCache cache, Seams seams) {
        return driver == Driver.STACK
                ? decoder.forward(out, x, cache, seams)
                : decoder.forwardByLayer(out, x, cache, seams);
    }

    /** Remembers each layer's projections, token after token. */
    static final class Projections implements Seams.ProjectionWatch {
        final List<float[]> q;
        final List<float[]> k;
        final List<float[]> v;

        Projections(LmConfig config) {
            q = empty(config);
            k = empty(config);
            v = empty(config);
        }

        private static List<float[]> empty(LmConfig config) {
            List<float[]> all = new ArrayList<>();
            for (int i = 0; i < config.layers(); i++) {
                all.add(new float[0]);
            }
            return all;
        }

        @Override
        public void projected(int layer, NDArray newQ, NDArray newK, NDArray newV) {
            q.set(layer, join(q.get(layer), newQ.toFloatArray()));
            k.set(layer, join(k.get(layer), newK.toFloatArray()));
            v.set(layer, join(v.get(layer), newV.toFloatArray()));
        }
    }

    /** Remembers the residual stream at the three places of each layer. */
    static class Residuals implements Seams.HiddenHook {
        final List<float[]> before = new ArrayList<>();
        final List<float[]> middle = new ArrayList<>();
        final List<float[]> after = new ArrayList<>();

        @Override
        public NDArray beforeAttention(int layer, NDArray x) {
            before.add(x.toFloatArray());
            return x;
        }

        @Override
        public NDArray afterAttention(int layer, NDArray x) {
            middle.add(x.toFloatArray());
            return x;
        }

        @Override
        public NDArray afterLayer(int layer, NDArray x) {
            after.add(x.toFloatArray());
            return x;
        }
    }

    /** Remembers the attention received in the last pass, [kvHeads × slots] per layer. */
    static final class Received implements Seams.AttentionWatch {
        private final int queries;
        final float[][] layers;

        Received(LmConfig config, int queries) {
            this.queries = queries;
            this.layers = new float[config.layers()][];
        }

        @Override
        public int queries() {
            return queries;
        }

        @Override
        public void received(int layer, NDArray received) {
            layers[layer] = received.toFloatArray();
        }
    }

    static float[] join(float[] a, float[] b) {
        float[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    /** [tokens, heads, width] turned into [heads, tokens, width]. */
    static float[] headsFirst(float[] x, int tokens, int heads) {
        int width = x.length / tokens / heads;
        float[] turned = new float[x.length];
        for (int t = 0; t < tokens; t++) {
            for (int h = 0; h < heads; h++) {
                System.arraycopy(x, (t * heads + h) * width, turned, (h * tokens + t) * width, width);
            }
        }
        return turned;
    }
}

package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.engram.model.engine.Weights;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Tokens on their way through the layers, one call for each half of a layer, so that plug-ins can act between. A hidden state is freed
 * as soon as the next one is there: those of all layers would be fresh memory at every call, which costs a tenth of a long pass.
 */
final class LayerPass {
    private final Decoder decoder;
    private final NDManager step;
    private final Weights w;
    private final KvCache cache;
    private final Seams seams;
    private final int tokens;
    private final int watch;
    private final long[] starts;
    private final NDList angles;
    private final NDArray like;
    private final Seams.HiddenHook hook;
    private NDArray mask;
    private MaskKey masked;
    private NDArray last;

    /** What the mask of a layer without a bias depends on: its slots, and whether attention is in the open. */
    private record MaskKey(long start, boolean open) {}

    /** @param x embeddings [batch, tokens, hidden]; the cache has room for them */
    LayerPass(Decoder decoder, NDManager step, NDArray x, KvCache cache, Seams seams) {
        this.decoder = decoder;
        this.step = step;
        this.cache = cache;
        this.seams = seams;
        this.like = x;
        this.tokens = Math.toIntExact(x.getShape().get(1));
        this.w = decoder.backend().weightsFor(Math.toIntExact(x.getShape().get(0) * tokens));
        this.watch = seams.watch() == null ? 0 : seams.watch().queries();
        this.starts = cache.starts();
        this.hook = seams.hook() == null ? new Seams.HiddenHook() {} : seams.hook();
        this.angles = w.kernel()
                .call(step, "angles", w.angles().cos(), w.angles().sin(), Decoder.positions(step, cache, tokens));
    }

    /** Through the first layers, whole. */
    NDArray through(int layers, NDArray x) {
        NDArray h = x;
        for (int i = 0; i < layers; i++) {
            h = hook.afterAttention(i, attention(i, hook.beforeAttention(i, h)));
            h = hook.afterLayer(i, feedForward(i, h));
        }
        return h;
    }

    /** A layer no further than its keys and values go into the cache, or than its attention where that is watched. */
    void keysAndValues(int layer, NDArray x) {
        NDArray h = hook.beforeAttention(layer, x);
        if (watch > 0) {
            attention(layer, h);
            return;
        }
        int capture = seams.shows(layer) ? 1 : 0;
        try (NDManager call = step.newSubManager()) {
            NDList seen = run(call, "layer_keys", h, layer, capture);
            if (capture > 0) {
                show(layer, seen, 1);
            }
        }
    }

    /** The layer up to the end of its attention; plug-ins that look are shown what they asked for. */
    private NDArray attention(int layer, NDArray h) {
        int capture = seams.shows(layer) ? 1 : 0;
        try (NDManager call = step.newSubManager()) {
            Seams.Rows rows = decoder.rowsOf(call, seams, layer, w);
            NDArray visible = mask(layer, watch > 0 || rows.keys().getShape().get(2) > 0);
            NDList seen = run(
                    call,
                    "layer_attention",
                    h,
                    layer,
                    rows.keys(),
                    rows.values(),
                    decoder.mask(seams),
                    visible,
                    watch,
                    capture);
            if (watch > 0) {
                seams.watch().received(layer, seen.get(1));
            }
            if (capture > 0) {
                show(layer, seen, watch > 0 ? 2 : 1);
            }
            seen.get(0).attach(step);
            return next(seen.get(0));
        }
    }

    /** A kernel that writes the layer's slots: what all of those take, and the rest. */
    private NDList run(NDManager call, String kernel, NDArray h, int layer, Object... more) {
        Object[] all = {
            h,
            w.layers(),
            layer * w.stride(),
            decoder.adapters(),
            layer * Adapter.STRIDE,
            angles.get(0),
            angles.get(1),
            cache.keyBuffer(layer),
            cache.valueBuffer(layer),
            (int) starts[layer]
        };
        return w.kernel()
                .call(
                        call,
                        kernel,
                        Stream.concat(Arrays.stream(all), Arrays.stream(more)).toArray());
    }

    /** The rest of the layer. */
    private NDArray feedForward(int layer, NDArray h) {
        return next(w.kernel()
                .one(
                        step,
                        "layer_feed_forward",
                        h,
                        w.layers(),
                        layer * w.stride(),
                        decoder.adapters(),
                        layer * Adapter.STRIDE));
    }

    private NDArray next(NDArray h) {
        if (last != null) {
            last.close();
        }
        last = h;
        return h;
    }

    private void show(int layer, NDList seen, int at) {
        seams.projections().projected(layer, seen.get(at), seen.get(at + 1), seen.get(at + 2));
    }

    /** Layers of equal length share one mask. */
    private NDArray mask(int layer, boolean open) {
        NDArray bias = seams.bias() == null ? null : seams.bias().of(layer, cache.length(layer) + tokens);
        MaskKey wanted = bias == null ? new MaskKey(starts[layer], open) : null;
        if (wanted == null || !wanted.equals(masked)) {
            mask = w.kernel()
                    .one(
                            step,
                            "mask_of",
                            like,
                            (int) starts[layer],
                            cache.paddingTensor(),
                            bias == null ? decoder.none : bias,
                            open ? 1 : 0);
            masked = wanted;
        }
        return mask;
    }
}

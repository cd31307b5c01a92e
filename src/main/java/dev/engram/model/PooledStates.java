package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Hidden states of whole texts as one vector each: the model as its own text encoder. Texts are read in batches, padded on the left. */
public final class PooledStates {
    /** Which positions of the hidden state make the vector. */
    private enum Pooling {
        LAST_TOKEN,
        MEAN,
        LAYER_MEAN
    }

    private static final int BATCH = 16;
    /** Layer 25 of 30 told texts apart best in the default model. */
    private static final double DEPTH = 25 / 30.0;

    private final Decoder decoder;
    private final Pooling pooling;
    private final int layer;

    private PooledStates(Decoder decoder, Pooling pooling, int layer) {
        this.decoder = decoder;
        this.pooling = pooling;
        this.layer = layer;
    }

    /** Final layer after the norm, last token. */
    public static PooledStates lastToken(Decoder decoder) {
        return new PooledStates(decoder, Pooling.LAST_TOKEN, decoder.config().layers());
    }

    /** Final layer after the norm, mean over all tokens. */
    public static PooledStates finalMean(Decoder decoder) {
        return new PooledStates(decoder, Pooling.MEAN, decoder.config().layers());
    }

    /** {@link #layerMean(Decoder, int)} at five sixths of the depth. */
    public static PooledStates layerMean(Decoder decoder) {
        return layerMean(
                decoder, Math.max(1, (int) Math.round(DEPTH * decoder.config().layers())));
    }

    /**
     * Output of a layer before any norm, mean over all tokens but the first, whose state is an attention sink.
     *
     * @param layer how many layers have run, 1 to all
     */
    public static PooledStates layerMean(Decoder decoder, int layer) {
        if (layer < 1 || layer > decoder.config().layers()) {
            throw new BadInputException("The vector source's layer is " + layer + "; give one from 1 to "
                    + decoder.config().layers() + ".");
        }
        return new PooledStates(decoder, Pooling.LAYER_MEAN, layer);
    }

    /** For example {@code mean of layer 25}. */
    public String name() {
        return switch (pooling) {
            case LAST_TOKEN -> "last token";
            case MEAN -> "mean";
            case LAYER_MEAN -> "mean of layer " + layer;
        };
    }

    /** Numbers of a vector. */
    public int width() {
        return decoder.config().hidden();
    }

    /** One raw vector a text, [width] each; a text must have at least two tokens. */
    public List<float[]> texts(Tokenizer tokenizer, List<String> texts) {
        List<float[]> all = new ArrayList<>();
        for (int at = 0; at < texts.size(); at += BATCH) {
            List<int[]> rows = texts.subList(at, Math.min(texts.size(), at + BATCH)).stream()
                    .map(text -> ids(tokenizer, text))
                    .toList();
            all.addAll(batch(rows));
        }
        return all;
    }

    private static int[] ids(Tokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text);
        if (ids.length < 2) {
            throw new BadInputException("The text '" + text + "' has " + ids.length
                    + " tokens; a vector needs at least 2, since the first carries no meaning.");
        }
        return ids;
    }

    /** Vectors of token sequences that are read as one batch. */
    public List<float[]> batch(List<int[]> rows) {
        LeftPadded batch = LeftPadded.of(rows, 0);
        int[][] ids = batch.ids();
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(ids.length, batch.padding())) {
            float[] states = states(scope, ids, cache);
            List<float[]> vectors = new ArrayList<>();
            for (int r = 0; r < ids.length; r++) {
                vectors.add(pooled(states, r, batch.width(), batch.padding()[r]));
            }
            return vectors;
        }
    }

    /** Hidden states of all positions, [rows × tokens × width]. */
    private float[] states(NDManager scope, int[][] ids, KvCache cache) {
        if (pooling != Pooling.LAYER_MEAN) {
            return decoder.normalised(scope, decoder.forward(scope, ids, cache, Seams.none()))
                    .toFloatArray();
        }
        float[][] seen = new float[1][];
        decoder.forward(scope, ids, cache, Seams.none().withHook(new Seams.HiddenHook() {
            @Override
            public NDArray afterLayer(int at, NDArray x) {
                if (at == layer - 1) {
                    seen[0] = x.toFloatArray();
                }
                return x;
            }
        }));
        return seen[0];
    }

    /** One row's vector from its states. */
    private float[] pooled(float[] states, int row, int tokens, int padding) {
        int width = width();
        int first = switch (pooling) {
            case LAST_TOKEN -> tokens - 1;
            case MEAN -> padding;
            case LAYER_MEAN -> padding + 1;
        };
        double[] sum = new double[width];
        for (int t = first; t < tokens; t++) {
            for (int i = 0; i < width; i++) {
                sum[i] += states[(row * tokens + t) * width + i];
            }
        }
        float[] mean = new float[width];
        for (int i = 0; i < width; i++) {
            mean[i] = (float) (sum[i] / (tokens - first));
        }
        return mean;
    }
}

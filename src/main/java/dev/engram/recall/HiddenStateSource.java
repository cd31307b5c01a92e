package dev.engram.recall;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The model's own hidden state as a text's vector. Texts are read in batches, padded on the left.
 *
 * <p>The model as it is when a vector is written decides the vector; write with the adapters off ({@link Decoder#adapt}), so
 * that vectors stay true when the adapters are trained on.
 */
public final class HiddenStateSource implements VectorSource {
    /** Which positions of the hidden state make the vector. */
    public enum Pooling {
        /** Final layer after the norm, last token: the seed. */
        LAST_TOKEN,
        /** Final layer after the norm, mean over all tokens. */
        MEAN,
        /** Output of a layer before any norm, mean over all tokens but the first, whose state is an attention sink. */
        LAYER_MEAN
    }

    private static final int BATCH = 16;
    /** Layer 25 of 30 told texts apart best in the default model. */
    private static final double DEPTH = 25 / 30.0;

    private final Decoder decoder;
    private final Tokenizer tokenizer;
    private final Pooling pooling;
    private final int layer;

    private HiddenStateSource(Decoder decoder, Tokenizer tokenizer, Pooling pooling, int layer) {
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.pooling = pooling;
        this.layer = layer;
    }

    /** The seed's vectors: final layer, last token. */
    public static HiddenStateSource seed(Decoder decoder, Tokenizer tokenizer) {
        return new HiddenStateSource(
                decoder, tokenizer, Pooling.LAST_TOKEN, decoder.config().layers());
    }

    /** Final layer, mean over the tokens. */
    public static HiddenStateSource finalMean(Decoder decoder, Tokenizer tokenizer) {
        return new HiddenStateSource(
                decoder, tokenizer, Pooling.MEAN, decoder.config().layers());
    }

    /** Mean of a layer at five sixths of the depth, without the first token. */
    public static HiddenStateSource layerMean(Decoder decoder, Tokenizer tokenizer) {
        return layerMean(decoder, tokenizer, Math.max(1, (int)
                Math.round(DEPTH * decoder.config().layers())));
    }

    /**
     * Mean of a layer, without the first token.
     *
     * @param layer how many layers have run, 1 to all
     */
    public static HiddenStateSource layerMean(Decoder decoder, Tokenizer tokenizer, int layer) {
        if (layer < 1 || layer > decoder.config().layers()) {
            throw new BadInputException("The vector source's layer is " + layer + "; give one from 1 to "
                    + decoder.config().layers() + ".");
        }
        return new HiddenStateSource(decoder, tokenizer, Pooling.LAYER_MEAN, layer);
    }

    @Override
    public String name() {
        return switch (pooling) {
            case LAST_TOKEN -> "last token";
            case MEAN -> "mean";
            case LAYER_MEAN -> "mean of layer " + layer;
        };
    }

    @Override
    public int width() {
        return decoder.config().hidden();
    }

    @Override
    public List<float[]> vectors(List<String> texts) {
        List<float[]> all = new ArrayList<>();
        for (int at = 0; at < texts.size(); at += BATCH) {
            List<int[]> ids = texts.subList(at, Math.min(texts.size(), at + BATCH)).stream()
                    .map(this::ids)
                    .toList();
            all.addAll(batch(ids));
        }
        return all;
    }

    private int[] ids(String text) {
        int[] ids = tokenizer.encode(text);
        if (ids.length < 2) {
            throw new BadInputException("The text '" + text + "' has " + ids.length
                    + " tokens; a memory needs at least 2, since the first carries no meaning.");
        }
        return ids;
    }

    /** Vectors of token sequences. */
    List<float[]> batch(List<int[]> rows) {
        int longest = rows.stream().mapToInt(r -> r.length).max().orElse(0);
        int[] padding = rows.stream().mapToInt(r -> longest - r.length).toArray();
        int[][] ids = new int[rows.size()][longest];
        for (int r = 0; r < ids.length; r++) {
            System.arraycopy(rows.get(r), 0, ids[r], padding[r], rows.get(r).length);
        }
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(ids.length, padding)) {
            float[] states = states(scope, ids, cache);
            List<float[]> vectors = new ArrayList<>();
            for (int r = 0; r < ids.length; r++) {
                vectors.add(pooled(states, r, longest, padding[r]));
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
        List<float[]> used = new ArrayList<>();
        for (int t = first; t < tokens; t++) {
            int from = (row * tokens + t) * width;
            used.add(Arrays.copyOfRange(states, from, from + width));
        }
        return Centring.mean(used);
    }
}

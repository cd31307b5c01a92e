package dev.engram.recall;

import java.util.Locale;

/**
 * An embedder without a model: words and their three-letter pieces, hashed into signed buckets (Weinberger et al. 2009), of length
 * 1. It knows no meaning; it is the baseline that a trained embedder must beat, and it runs everywhere.
 */
public final class HashedWords implements TextEmbedder {
    private static final int PIECE = 3;
    private static final float PIECE_WEIGHT = 0.3f;

    private final int width;

    /** An embedder of {@code width} buckets. */
    public HashedWords(int width) {
        if (width < 1) {
            throw new dev.engram.model.BadInputException("The embedder has " + width + " buckets; give at least 1.");
        }
        this.width = width;
    }

    @Override
    public String name() {
        return "hashed words " + width;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public float[] embed(String text) {
        float[] v = new float[width];
        for (String word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")) {
            if (!word.isEmpty()) {
                put(v, word, 1);
                String framed = "^" + word + "$";
                for (int i = 0; i + PIECE <= framed.length(); i++) {
                    put(v, framed.substring(i, i + PIECE), PIECE_WEIGHT);
                }
            }
        }
        return Centring.none(width).memory(v);
    }

    private void put(float[] v, String piece, float weight) {
        int hash = piece.hashCode() * 0x9E3779B9;
        hash ^= hash >>> 15;
        v[Math.floorMod(hash >>> 1, width)] += (hash & 1) == 0 ? weight : -weight;
    }
}

package dev.engram.recall;

import dev.engram.model.Decoder;
import dev.engram.model.PooledStates;
import dev.engram.model.text.Tokenizer;
import java.util.List;

/**
 * The model's own hidden state as a text's vector.
 *
 * <p>The model as it is when a vector is written decides the vector; write with the adapters off ({@link Decoder#adapt}), so
 * that vectors stay true when the adapters are trained on.
 */
public final class HiddenStateSource implements VectorSource {
    private final PooledStates states;
    private final Tokenizer tokenizer;

    private HiddenStateSource(PooledStates states, Tokenizer tokenizer) {
        this.states = states;
        this.tokenizer = tokenizer;
    }

    /** The seed's vectors: final layer, last token. */
    public static HiddenStateSource seed(Decoder decoder, Tokenizer tokenizer) {
        return new HiddenStateSource(PooledStates.lastToken(decoder), tokenizer);
    }

    /** Final layer, mean over the tokens. */
    public static HiddenStateSource finalMean(Decoder decoder, Tokenizer tokenizer) {
        return new HiddenStateSource(PooledStates.finalMean(decoder), tokenizer);
    }

    /** Mean of a layer at five sixths of the depth, without the first token. */
    public static HiddenStateSource layerMean(Decoder decoder, Tokenizer tokenizer) {
        return new HiddenStateSource(PooledStates.layerMean(decoder), tokenizer);
    }

    /**
     * Mean of a layer, without the first token.
     *
     * @param layer how many layers have run, 1 to all
     */
    public static HiddenStateSource layerMean(Decoder decoder, Tokenizer tokenizer, int layer) {
        return new HiddenStateSource(PooledStates.layerMean(decoder, layer), tokenizer);
    }

    @Override
    public String name() {
        return states.name();
    }

    @Override
    public int width() {
        return states.width();
    }

    @Override
    public List<float[]> vectors(List<String> texts) {
        return states.texts(tokenizer, texts);
    }

    /** Vectors of token sequences. */
    List<float[]> batch(List<int[]> rows) {
        return states.batch(rows);
    }
}

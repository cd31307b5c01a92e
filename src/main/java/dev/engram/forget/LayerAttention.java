package dev.engram.forget;

import java.util.List;

/**
 * Where one layer looked while it generated: means over the generated tokens after the first one and over the key/value heads.
 *
 * @param layer which layer
 * @param sinks share of attention on the text's first {@value MemoryEnhanced#SINKS} tokens
 * @param recent share on the last {@value MemoryEnhanced#RECENT} tokens, the newest one included
 * @param rest share on all others
 * @param entropyBits entropy of a key/value head's attention over the slots, in bits; 0 looks at a single slot
 * @param top the tokens that received most, the highest first
 */
public record LayerAttention(int layer, double sinks, double recent, double rest, double entropyBits, List<Top> top) {

    /**
     * A token and what it received.
     *
     * @param position of the token in the text, from 0
     * @param piece its text
     * @param share its mean share of the attention
     */
    public record Top(int position, String piece, double share) {}
}

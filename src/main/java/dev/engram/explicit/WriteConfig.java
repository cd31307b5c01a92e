package dev.engram.explicit;

import dev.engram.model.BadInputException;

/**
 * How a reference becomes a memory.
 *
 * @param layers which layers keep keys and values
 * @param tokens how many tokens each key/value head of a layer keeps; {@link #ALL_TOKENS} for all
 * @param selector which tokens
 * @param maxTokens longest reference, in tokens without the prefix
 */
public record WriteConfig(LayerChoice layers, int tokens, TokenSelector selector, int maxTokens) {
    /** As a number of tokens: keep every one. */
    public static final int ALL_TOKENS = 0;
    /** The paper's longest reference. */
    public static final int REFERENCE = 128;

    /** Text before every reference, in the paper "Reference:" after the model's own first token. */
    static final String PREFIX = "Reference:";

    public WriteConfig {
        if (tokens < 0 || maxTokens < 1) {
            throw new BadInputException("A memory is to keep " + tokens + " tokens of at most " + maxTokens
                    + "; give 0 for all or a positive number, and a limit of at least 1.");
        }
    }

    /** The paper's: first half of the layers, 8 tokens a head. */
    public static WriteConfig paper() {
        return new WriteConfig(LayerChoice.FIRST_HALF, 8, TokenSelectors.paper(), REFERENCE);
    }

    /** For a model that was not trained with memories: the last half. */
    public static WriteConfig defaults() {
        return paper().withLayers(LayerChoice.LAST_HALF);
    }

    /** Everything, in all layers: reading it equals reading the text as a prefix. */
    public static WriteConfig dense() {
        return new WriteConfig(LayerChoice.ALL, ALL_TOKENS, TokenSelectors.paper(), REFERENCE);
    }

    public WriteConfig withLayers(LayerChoice choice) {
        return new WriteConfig(choice, tokens, selector, maxTokens);
    }

    public WriteConfig withTokens(int n) {
        return new WriteConfig(layers, n, selector, maxTokens);
    }

    public WriteConfig withSelector(TokenSelector s) {
        return new WriteConfig(layers, tokens, s, maxTokens);
    }
}

package dev.engram.model;

/** What a text must be for a model to read it. */
final class TextFit {
    private TextFit() {}

    /**
     * Refuses ids outside the vocabulary, added tokens included, and texts beyond learned positions.
     *
     * @param vocab width of the logits
     * @param ids [batch][tokens]
     * @param first position of the first token
     */
    static void require(LmConfig config, int vocab, int[][] ids, int first) {
        for (int[] row : ids) {
            for (int id : row) {
                if (id < 0 || id >= vocab) {
                    throw new BadInputException("Token id " + id + " is outside the model's vocabulary of " + vocab
                            + "; use ids of its own tokenizer.");
                }
            }
        }
        requirePositions(config, first + ids[0].length);
    }

    /** Refuses a text that ends at {@code limit} where the model has learned fewer positions. */
    static void requirePositions(LmConfig config, int limit) {
        if (config.positions() instanceof Positions.Learned && limit > config.contextLength()) {
            throw new BadInputException("The text has " + limit + " tokens, but the model has learned positions for "
                    + config.contextLength() + "; shorten the text.");
        }
    }
}

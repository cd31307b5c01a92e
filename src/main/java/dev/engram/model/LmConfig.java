package dev.engram.model;

/**
 * The shape of a decoder, in the terms of a Hugging Face {@code config.json}.
 *
 * @param family which of the supported architectures; it fixes the tensor names
 * @param layers number of decoder layers
 * @param hidden width of the residual stream
 * @param heads query heads
 * @param kvHeads key/value heads; divides {@code heads}
 * @param headDim width of one head; usually {@code hidden / heads}, but stated apart in Qwen3
 * @param intermediate width of the gated feed-forward part
 * @param vocab rows of the embedding table
 * @param contextLength largest number of positions the model was trained for
 * @param normEps epsilon of RMSNorm
 * @param positions rotary or learned positions
 * @param tiedHead whether the head is the embedding table
 * @param attentionBias whether q, k and v carry a bias (Qwen2)
 * @param qkNorm whether q and k are normalised per head before rotation (Qwen3)
 */
public record LmConfig(
        Family family,
        int layers,
        int hidden,
        int heads,
        int kvHeads,
        int headDim,
        int intermediate,
        int vocab,
        int contextLength,
        double normEps,
        Positions positions,
        boolean tiedHead,
        boolean attentionBias,
        boolean qkNorm) {

    /** The supported architectures, by their {@code model_type} in config.json. */
    public enum Family {
        LLAMA,
        QWEN2,
        QWEN3
    }

    public LmConfig {
        require(layers > 0, "num_hidden_layers", layers, "must be positive");
        require(hidden > 0, "hidden_size", hidden, "must be positive");
        require(heads > 0, "num_attention_heads", heads, "must be positive");
        require(kvHeads > 0 && heads % kvHeads == 0, "num_key_value_heads", kvHeads, "must divide " + heads + " heads");
        require(headDim > 0 && headDim % 2 == 0, "head_dim", headDim, "must be even and positive");
        require(intermediate > 0, "intermediate_size", intermediate, "must be positive");
        require(vocab > 0, "vocab_size", vocab, "must be positive");
        require(contextLength > 0, "max_position_embeddings", contextLength, "must be positive");
        require(normEps > 0 && normEps < 1, "rms_norm_eps", normEps, "must lie in (0, 1)");
    }

    /** Query heads that share one key/value head. */
    public int group() {
        return heads / kvHeads;
    }

    /** Bytes of keys and values that one token adds over all layers, at {@code bytesPerValue} (4 for f32, 2 for bf16). */
    public long kvBytesPerToken(int bytesPerValue) {
        return 2L * layers * kvHeads * headDim * bytesPerValue;
    }

    /** Number of parameters, the tied head counted once. */
    public long parameters() {
        long attention = (long) hidden * headDim * (2L * heads + 2L * kvHeads)
                + (attentionBias ? (long) headDim * (heads + 2L * kvHeads) : 0)
                + (qkNorm ? 2L * headDim : 0);
        long perLayer = attention + 3L * hidden * intermediate + 2L * hidden;
        long positionTable = positions instanceof Positions.Learned ? (long) contextLength * hidden : 0;
        return layers * perLayer + hidden + (long) vocab * hidden * (tiedHead ? 1 : 2) + positionTable;
    }

    private static void require(boolean ok, String field, Object value, String rule) {
        if (!ok) {
            throw new BadInputException("The model's configuration has " + field + " = " + value + ", which " + rule
                    + "; use an intact model file of a supported family.");
        }
    }
}

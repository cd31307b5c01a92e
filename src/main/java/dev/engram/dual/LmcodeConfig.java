package dev.engram.dual;

import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.model.Positions;

/**
 * The shape of an LMCODE model. The first six fields and their defaults are the seed's ({@code LMCODEConfig}); the seed names
 * neither the window, nor the number of retrieved slots, nor the weights' deviation.
 *
 * @param vocabSize rows of the embedding table
 * @param hiddenSize width of the residual stream and of every memory slot
 * @param numLayers memory-augmented layers
 * @param numHeads heads of self-attention
 * @param shortTermMemorySize slots of a layer's short-term memory, per sequence
 * @param longTermMemorySlots slots of a layer's long-term memory
 * @param window tokens of one segment: what self-attention sees, and the number of learned positions
 * @param topK slots that a token retrieves from the long-term memory
 * @param replacement who makes room in a full long-term memory
 * @param updateRate η of the short-term memory's soft update
 * @param importanceWeight λ of the retrieval score q·k/√h + λ log(importance)
 * @param valueOffset how many tokens after its key a written value stands: 0 stores a token under itself (Memorizing
 *     Transformers), 1 stores what followed it (kNN-LM)
 * @param memories which memories act
 * @param deviation standard deviation of the first weights
 */
public record LmcodeConfig(
        int vocabSize,
        int hiddenSize,
        int numLayers,
        int numHeads,
        int shortTermMemorySize,
        int longTermMemorySlots,
        int window,
        int topK,
        ReplacementPolicy replacement,
        double updateRate,
        double importanceWeight,
        int valueOffset,
        Memories memories,
        double deviation) {

    public LmcodeConfig {
        positive("vocab_size", vocabSize, "the number of tokens");
        positive("hidden_size", hiddenSize, "a multiple of num_heads, such as 512");
        positive("num_layers", numLayers, "1 or more");
        positive("num_heads", numHeads, "a divisor of hidden_size, such as 8");
        positive("short_term_memory_size", shortTermMemorySize, "1 or more slots, and memories NONE for no memory");
        positive("long_term_memory_slots", longTermMemorySlots, "1 or more slots, and memories NONE for no memory");
        positive("window", window, "the tokens of a segment");
        positive("top_k", topK, "1 or more slots to retrieve");
        require(
                hiddenSize % numHeads == 0,
                "hidden_size is " + hiddenSize + ", which " + numHeads
                        + " heads do not divide; give a multiple of num_heads.");
        require(
                hiddenSize / numHeads % 2 == 0,
                "hidden_size " + hiddenSize + " gives " + numHeads + " heads a width of " + hiddenSize / numHeads
                        + ", which must be even; give fewer heads.");
        require(
                topK <= longTermMemorySlots,
                "top_k is " + topK + ", but the long-term memory has " + longTermMemorySlots
                        + " slots; retrieve as many at most.");
        require(
                updateRate > 0 && updateRate <= 1,
                "update_rate is " + updateRate + "; give a share above 0 and at most 1, such as 0.01.");
        require(
                importanceWeight >= 0 && Double.isFinite(importanceWeight),
                "importance_weight is " + importanceWeight + "; give 0 (importance does not count) or more.");
        require(
                valueOffset >= 0 && valueOffset < window,
                "value_offset is " + valueOffset + "; give 0 or more tokens, fewer than the window's " + window + ".");
        require(deviation > 0 && deviation < 1, "deviation is " + deviation + "; give a number such as 0.02.");
    }

    /** The seed's quick start: vocabulary 50257, width 512, 6 layers, 8 heads, 512 and 10,000 slots. */
    public static LmcodeConfig defaults() {
        return new LmcodeConfig(
                50257, 512, 6, 8, 512, 10_000, 1024, 16, ReplacementPolicy.FIFO, 0.01, 1, 1, Memories.BOTH, 0.02);
    }

    /** A model small enough to be trained while one waits. */
    public static LmcodeConfig tiny(int vocabSize, int window) {
        return new LmcodeConfig(
                vocabSize, 64, 2, 2, 16, 128, window, 8, ReplacementPolicy.FIFO, 0.01, 1, 1, Memories.BOTH, 0.08);
    }

    public LmcodeConfig withMemories(Memories m) {
        return with(shortTermMemorySize, longTermMemorySlots, topK, updateRate, valueOffset, m);
    }

    public LmcodeConfig withUpdateRate(double eta) {
        return with(shortTermMemorySize, longTermMemorySlots, topK, eta, valueOffset, memories);
    }

    public LmcodeConfig withSlots(int shortTerm, int longTerm) {
        return with(shortTerm, longTerm, topK, updateRate, valueOffset, memories);
    }

    public LmcodeConfig withTopK(int k) {
        return with(shortTermMemorySize, longTermMemorySlots, k, updateRate, valueOffset, memories);
    }

    public LmcodeConfig withValueOffset(int offset) {
        return with(shortTermMemorySize, longTermMemorySlots, topK, updateRate, offset, memories);
    }

    private LmcodeConfig with(int shortTerm, int longTerm, int k, double eta, int offset, Memories m) {
        return new LmcodeConfig(
                vocabSize,
                hiddenSize,
                numLayers,
                numHeads,
                shortTerm,
                longTerm,
                window,
                k,
                replacement,
                eta,
                importanceWeight,
                offset,
                m,
                deviation);
    }

    /**
     * The decoder that the memories stand in. Its gated feed-forward part is 8/3 as wide as the model, so that a layer has the
     * 12 h² parameters of a transformer with an ungated one of four times the width.
     */
    public LmConfig decoder() {
        return new LmConfig(
                LmConfig.Family.LLAMA,
                numLayers,
                hiddenSize,
                numHeads,
                numHeads,
                hiddenSize / numHeads,
                (8 * hiddenSize + 2) / 3,
                vocabSize,
                window,
                1e-5,
                new Positions.Learned(),
                true,
                false,
                false);
    }

    private static void positive(String field, int value, String remedy) {
        require(value > 0, field + " is " + value + "; give " + remedy + ".");
    }

    private static void require(boolean ok, String sentence) {
        if (!ok) {
            throw new BadInputException(sentence);
        }
    }
}

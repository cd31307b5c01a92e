package dev.engram.retrieve;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.bgesmallenv15q.BgeSmallEnV15QuantizedEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.bgesmallzhv15.BgeSmallZhV15EmbeddingModel;

/**
 * The embedding models that come with the library; they run in this process on ONNX Runtime, with the weights from their jars.
 * The first use of each loads it, which takes a second or two; afterwards it is shared by the whole process.
 *
 * <p>Seed 003 takes BGE without naming one; the Memory3 paper takes BGE-M3. These are its small relatives, which need no download
 * of their own. {@link HiddenStateEmbedder} is the alternative that needs no second model.
 */
public final class Embedders {
    static {
        System.setProperty("OPT_OUT_TRACKING", "true"); // the tokenizer is DJL's
    }

    private Embedders() {}

    /** bge-small-en-v1.5 with 8-bit weights (34 MB): 384 numbers of length 1, texts up to 510 tokens at once. */
    public static EmbeddingModel english() {
        return new BgeSmallEnV15QuantizedEmbeddingModel(Runnable::run);
    }

    /** bge-small-zh-v1.5 (95 MB): 512 numbers of length 1. */
    public static EmbeddingModel chinese() {
        return new BgeSmallZhV15EmbeddingModel(Runnable::run);
    }
}

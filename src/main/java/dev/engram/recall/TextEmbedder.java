package dev.engram.recall;

/** A sentence embedder of any width, such as one of a sentence-transformers model. */
public interface TextEmbedder {
    String name();

    /** Numbers of an embedding. */
    int width();

    /** The embedding of a text, [width]. */
    float[] embed(String text);
}

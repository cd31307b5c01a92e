package dev.engram.recall;

import java.util.List;

/** Turns texts into vectors that can be stored, compared with queries, and injected. */
public interface VectorSource {
    /** Says which vectors these are; a bank of another source is refused. */
    String name();

    /** Numbers of a vector: the hidden size of the model that will receive it. */
    int width();

    /** One raw vector a text. */
    List<float[]> vectors(List<String> texts);
}

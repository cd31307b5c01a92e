package dev.engram.model.engine;

/** How one decoding step attends to many slots; each way has its text in {@code attention/}. */
enum AttentionFormat {
    /** PyTorch's fused attention: one thread a key/value head. */
    FUSED,
    /** Keys times queries and probabilities times values, as two products. */
    PRODUCT,
    /** Fused, over pieces of the slots that are joined again, so that every thread has equally much to read. */
    PARTS;

    String resource() {
        return "attention/" + name().toLowerCase(java.util.Locale.ROOT) + ".py";
    }
}

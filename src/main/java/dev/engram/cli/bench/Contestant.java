package dev.engram.cli.bench;

/** Somebody whose speed is measured: Engram in one number format, or a peer in one setting. */
interface Contestant extends AutoCloseable {

    /** engram, transformers or llama.cpp. */
    String who();

    /** f32, bf16, auto, or the peer's stored format. */
    String dtype();

    /** What else distinguishes this contestant, such as the attention implementation. */
    String setting();

    /** Tokens per second of greedy decoding after {@code context} tokens; reading them is not timed. */
    double decode(int context, int tokens);

    /** Seconds to read a prompt and compute the logits of its last position. */
    double prefill(int tokens);

    @Override
    void close();
}

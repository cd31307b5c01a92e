package dev.engram.model;

import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** One tiny decoder for all tests of a class. */
public abstract class WithTinyDecoder {
    protected static Decoder decoder;

    @BeforeAll
    static void open() {
        decoder = Tiny.decoder();
    }

    @AfterAll
    static void close() {
        decoder.close();
    }

    /** Feeds tokens to the cache; what they mean is of no account. */
    protected static void feed(KvCache cache, int tokens) {
        try (NDManager scope = decoder.newScope()) {
            decoder.forward(scope, new int[][] {new int[tokens]}, cache, Seams.none());
        }
    }
}

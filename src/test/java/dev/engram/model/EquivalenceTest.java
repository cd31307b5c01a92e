package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ours = transformers, cached = uncached, chunked = whole, batched = single, one call = a call per layer. */
class EquivalenceTest {
    private static final double BAR = 1e-5;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "llama3-scaling", "llama-linear", "qwen2", "qwen2-untied", "qwen3"})
    void logitsEqualTransformers(String name) {
        Golden golden = Golden.of(name);
        try (Decoder decoder = Golden.decoder(name)) {
            int[] ids = golden.ids("input_ids")[0];
            near("transformers", golden.floats("logits"), whole(decoder, ids));
            near("chunks of 7", golden.floats("logits"), chunked(decoder, ids, 7));
            near("token by token", golden.floats("logits"), chunked(decoder, ids, 1));
            near("by layer", golden.floats("logits"), byLayer(decoder, ids));
        }
    }

    private static void near(String what, float[] reference, float[] ours) {
        double error = Golden.relativeRms(ours, reference);
        assertTrue(error <= BAR, what + ": relative RMS " + error);
    }

    private static float[] whole(Decoder decoder, int[] ids) {
        return chunked(decoder, ids, ids.length);
    }

    private static float[] chunked(Decoder decoder, int[] ids, int size) {
        float[] all = new float[ids.length * decoder.config().vocab()];
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            for (int at = 0; at < ids.length; at += size) {
                int[] part = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + size));
                NDArray hidden = decoder.forward(scope, new int[][] {part}, cache, Seams.none());
                float[] logits = decoder.logits(scope, hidden, 0).toFloatArray();
                System.arraycopy(logits, 0, all, at * decoder.config().vocab(), logits.length);
            }
        }
        return all;
    }

    private static float[] byLayer(Decoder decoder, int[] ids) {
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache()) {
            NDArray x = decoder.embed(scope, new int[][] {ids}, cache);
            return decoder.logits(scope, decoder.forwardByLayer(scope, x, cache, Seams.none()), 0)
                    .toFloatArray();
        }
    }
}

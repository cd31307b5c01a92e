package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.LoadOptions.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A model opened from its files, used as a reader of a notebook uses it. */
class CausalLmTest {
    @TempDir
    static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() {
        TinyText.write(folder, TinyText.checkpoint());
        lm = CausalLm.open(
                folder.toString(), LoadOptions.defaults().withDtype(DType.F32).withThreads(1));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    /** The action gives one sentence that contains this. */
    static void refused(String part, Executable action) {
        String message = assertThrows(BadInputException.class, action).getMessage();
        assertTrue(message.contains(part) && message.endsWith(".") && !message.contains("\n"), message);
    }

    @Test
    void theFilesAreTheModel() {
        assertEquals(TinyText.config(), lm.config());
        assertEquals("f32", lm.dtype());
        assertEquals(folder, lm.origin());
        Generation g = lm.generate("the end", GenerationConfig.greedy(6).withForceExactLength(true));
        assertEquals(6, g.numTokens());
        try (Decoder direct = TinyText.decoder()) {
            int[] ids = lm.tokenizer().encode("the end");
            List<int[]> batch = new BatchRunner(direct, java.util.Set.of(), 0).greedy(List.of(ids), 6);
            assertArrayEquals(batch.get(0), g.ids().stream().mapToInt(i -> i).toArray());
        }
    }

    @Test
    void promptsThatCannotBeRead() {
        GenerationConfig config = GenerationConfig.greedy(3);
        refused("empty", () -> lm.generate("", config));
        refused("room for 96", () -> lm.generate("a".repeat(97), config));
        assertEquals(
                3,
                lm.generate("a".repeat(96), config.withForceExactLength(true)).numTokens());
        refused("chat template", () -> lm.chat("hello", config));
        refused("at least 2", () -> lm.logprobs(new int[] {1}));
        refused("context", () -> lm.logprobs(new int[97]));
        refused("vocabulary", () -> lm.logprobs(new int[] {1, 5000}));
        try (KvCache cache = lm.decoder().newCache()) {
            int[] ids = lm.tokenizer().encode("a".repeat(90));
            lm.generate(ids, cache, config, Seams.none(), null, GenerationListener.SILENT);
            refused("room for", () -> lm.generate(ids, cache, config, Seams.none(), null, GenerationListener.SILENT));
        }
        refused("/absent", () -> CausalLm.open(folder + "/absent"));
    }

    @Test
    void batchesAndScoresAreTheSingleOnes() {
        List<int[]> prompts =
                List.of(lm.tokenizer().encode("the end"), lm.tokenizer().encode("a stop"), new int[] {3});
        List<int[]> batch = lm.generateBatch(prompts, 7);
        for (int i = 0; i < prompts.size(); i++) {
            try (KvCache cache = lm.decoder().newCache()) {
                Generation single = lm.generate(
                        prompts.get(i),
                        cache,
                        GenerationConfig.greedy(7),
                        Seams.none(),
                        null,
                        GenerationListener.SILENT);
                assertArrayEquals(
                        single.ids().stream().mapToInt(Integer::intValue).toArray(), batch.get(i));
            }
        }
        List<double[]> scores = lm.score(prompts, batch);
        double[] whole = lm.logprobs(join(prompts.get(1), batch.get(1)));
        for (int t = 0; t < batch.get(1).length; t++) {
            assertEquals(whole[prompts.get(1).length - 1 + t], scores.get(1)[t], 1e-5);
        }
    }

    private static int[] join(int[] a, int[] b) {
        int[] joined = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    /** A closed model's memory is gone; its files stay. */
    @Test
    void aModelMayBeOpenedTwice() {
        try (CausalLm second = CausalLm.open(
                folder.toString(), LoadOptions.defaults().withDtype(DType.BF16).withThreads(1))) {
            assertEquals("bf16", second.dtype());
            assertEquals(
                    4,
                    second.generate("the", GenerationConfig.greedy(4).withForceExactLength(true))
                            .numTokens());
        }
        assertTrue(Files.exists(folder.resolve("model.safetensors")));
    }
}

package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.LoadOptions.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The default model against transformers reading the same GGUF; make_smollm2.py says how the numbers were made. */
@Tag("default-model")
class DefaultModelTest {
    private static final Golden GOLDEN = Golden.smollm2();
    private static CausalLm lm;

    @BeforeAll
    static void open() {
        lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    @Test
    void logitsOf512PositionsEqualTransformers() {
        int[] ids = Arrays.copyOf(GOLDEN.ids("text.input_ids")[0], 512);
        int[] columns = GOLDEN.ids("columns")[0];
        int[] expected = GOLDEN.ids("positions.argmax")[0];
        float[] chosen = new float[512 * columns.length];
        int same = 0;
        int vocab = lm.config().vocab();
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache()) {
            NDArray hidden = lm.decoder().forward(scope, new int[][] {ids}, cache, Seams.none());
            float[] logits = lm.decoder().logits(scope, hidden, 0).toFloatArray();
            for (int t = 0; t < 512; t++) {
                float[] row = Arrays.copyOfRange(logits, t * vocab, (t + 1) * vocab);
                same += Sampler.argmax(row) == expected[t] ? 1 : 0;
                for (int c = 0; c < columns.length; c++) {
                    chosen[t * columns.length + c] = row[columns[c]];
                }
            }
        }
        double error = Golden.relativeRms(chosen, GOLDEN.floats("positions.logits"));
        assertTrue(error <= 1e-4, "relative RMS " + error);
        assertTrue(same >= 0.995 * 512, "same argmax at " + same + " of 512");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "capital",
                "passage",
                "list",
                "rewrite",
                "system",
                "code",
                "turns",
                "digits",
                "raw-story",
                "raw-fact",
                "raw-code"
            })
    void sixtyFourGreedyTokensEqualTransformers(String name) {
        int[] prompt = GOLDEN.ids("greedy." + name + ".prompt_ids")[0];
        GenerationConfig config = GenerationConfig.greedy(64).withForceExactLength(true);
        try (KvCache cache = lm.decoder().newCache()) {
            Generation g = lm.generate(prompt, cache, config, Seams.none(), null, GenerationListener.SILENT);
            assertArrayEquals(
                    GOLDEN.ids("greedy." + name + ".ids")[0],
                    g.ids().stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void perplexityOfTheGoldenText() {
        int[] ids = GOLDEN.ids("text.input_ids")[0];
        double[] ours = lm.logprobs(ids);
        float[] theirs = GOLDEN.floats("text.nll");
        for (int i = 0; i < ours.length; i++) {
            assertEquals(theirs[i], -ours[i], 1e-2, "token " + (i + 1));
        }
        assertEquals(mean(theirs), -Arrays.stream(ours).average().orElseThrow(), 1e-5);
    }

    /** bf16 within 1 % of f32, and auto within 0.2 %, over the three long texts of data/prose. */
    @Test
    void formatsKeepThePerplexity() throws IOException {
        double f32 = nll(lm, 512);
        try (CausalLm bf16 = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.BF16));
                CausalLm auto = CausalLm.open("default")) {
            assertEquals("int4", auto.dtype());
            assertEquals(1, Math.exp(nll(bf16, 512) - f32), 0.01, "bf16");
            // passes of 7 tokens go through the 4-bit copy itself
            assertEquals(1, Math.exp(nll(auto, 7) - f32), 0.002, "auto");
        }
    }

    private static double nll(CausalLm model, int chunk) throws IOException {
        double sum = 0;
        for (String name : List.of("story-weigh-house", "technical-tide-mill", "dialogue-cable-car")) {
            String text = Files.readString(Path.of("data/prose", name + ".txt"));
            int[] ids = Arrays.copyOf(model.tokenizer().encode(text), 1500);
            sum -= Arrays.stream(model.logprobs(ids, chunk)).average().orElseThrow();
        }
        return sum / 3;
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (float v : values) {
            sum += v;
        }
        return sum / values.length;
    }
}

package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Draws against distributions computed by hand: what is excluded never comes, the rest comes as often as it should. */
class SamplerTest {
    private static final int DRAWS = 20_000;
    /** Probabilities 0.4, 0.3, 0.15, 0.1, 0.05 in a mixed order, as logits with an arbitrary offset. */
    private static final double[] P = {0.1, 0.4, 0.05, 0.3, 0.15};

    private static float[] logits() {
        float[] logits = new float[P.length];
        for (int i = 0; i < P.length; i++) {
            logits[i] = (float) (Math.log(P[i]) + 3);
        }
        return logits;
    }

    private static GenerationConfig sampling() {
        return GenerationConfig.greedy(10).withTemperature(1).withSeed(4);
    }

    /** Frequencies must lie within 4 standard deviations of weights that are normalised here. */
    private static void drawsLike(GenerationConfig config, double... weights) {
        Sampler sampler = new Sampler(config);
        int[] counts = new int[weights.length];
        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.choose(logits())]++;
        }
        double sum = Arrays.stream(weights).sum();
        for (int i = 0; i < weights.length; i++) {
            double p = weights[i] / sum;
            double deviation = Math.sqrt(p * (1 - p) / DRAWS);
            assertEquals(p, (double) counts[i] / DRAWS, 4 * deviation + 1e-12, "index " + i);
        }
    }

    private static double[] powers(double exponent) {
        return Arrays.stream(P).map(p -> Math.pow(p, exponent)).toArray();
    }

    @Test
    void temperature() {
        drawsLike(sampling(), P);
        drawsLike(sampling().withTemperature(0.5), powers(2));
        drawsLike(sampling().withTemperature(2), powers(0.5));
        drawsLike(sampling().withTemperature(1e-4), 0, 1, 0, 0, 0);
        assertEquals(1, new Sampler(GenerationConfig.greedy(1)).choose(logits()));
    }

    @Test
    void topK() {
        drawsLike(sampling().withTopK(1), 0, 1, 0, 0, 0);
        drawsLike(sampling().withTopK(3), 0, 0.4, 0, 0.3, 0.15);
        drawsLike(sampling().withTopK(5), P);
        drawsLike(sampling().withTopK(50), P);
        // of equal logits at the border all stay, as in transformers
        Sampler sampler = new Sampler(sampling().withTopK(2));
        boolean[] seen = new boolean[4];
        for (int i = 0; i < 200; i++) {
            seen[sampler.choose(new float[] {1, 2, 1, -1})] = true;
        }
        assertArrayEquals(new boolean[] {true, true, true, false}, seen);
    }

    @Test
    void topP() {
        drawsLike(sampling().withTopP(0.39), 0, 1, 0, 0, 0);
        drawsLike(sampling().withTopP(0.41), 0, 0.4, 0, 0.3, 0);
        drawsLike(sampling().withTopP(0.69), 0, 0.4, 0, 0.3, 0);
        drawsLike(sampling().withTopP(0.71), 0, 0.4, 0, 0.3, 0.15);
        drawsLike(sampling().withTopP(0.999), P);
        // temperature comes first: squared, 0.4 has 0.16 of 0.285 = 0.56, with 0.3 it has 0.877
        drawsLike(sampling().withTemperature(0.5).withTopP(0.55), 0, 1, 0, 0, 0);
        drawsLike(sampling().withTemperature(0.5).withTopP(0.6), 0, 0.16, 0, 0.09, 0);
        // top-k comes first too: of the three left, 0.4 has 0.47 and the first two have 0.82
        drawsLike(sampling().withTopK(3).withTopP(0.46), 0, 1, 0, 0, 0);
        drawsLike(sampling().withTopK(3).withTopP(0.8), 0, 0.4, 0, 0.3, 0);
        drawsLike(sampling().withTopK(3).withTopP(0.85), 0, 0.4, 0, 0.3, 0.15);
    }

    @Test
    void minP() {
        drawsLike(sampling().withMinP(0.2), 0.1, 0.4, 0, 0.3, 0.15);
        drawsLike(sampling().withMinP(0.37), 0, 0.4, 0, 0.3, 0.15);
        drawsLike(sampling().withMinP(0.5), 0, 0.4, 0, 0.3, 0);
        drawsLike(sampling().withMinP(0.99), 0, 1, 0, 0, 0);
        // at temperature 2 ratios are square roots: 0.1 / 0.4 becomes 0.5 and stays, 0.05 / 0.4 becomes 0.35 and goes
        double[] weights = powers(0.5);
        weights[2] = 0;
        drawsLike(sampling().withTemperature(2).withMinP(0.45), weights);
    }

    @Test
    void repetitionPenalty() {
        // seen tokens: positive logits are divided, negative ones multiplied
        Sampler sampler = new Sampler(GenerationConfig.greedy(9).withRepetitionPenalty(2));
        sampler.prompt(new int[] {0, 3, 3});
        float[] logits = {3, 1, -1, -2};
        assertEquals(0, sampler.choose(logits));
        assertArrayEquals(new float[] {1.5f, 1, -1, -4}, logits);
        // what was chosen counts as seen from now on, and a token is penalised once however often it was seen
        assertEquals(1, sampler.choose(new float[] {3, 2, 0, 0}));
        logits = new float[] {3, 2.5f, -1, 0};
        assertEquals(0, sampler.choose(logits));
        assertArrayEquals(new float[] {1.5f, 1.25f, -1, 0}, logits);
    }

    @Test
    void presencePenalty() {
        // of generated tokens only, not of the prompt's
        Sampler sampler = new Sampler(GenerationConfig.greedy(9).withPresencePenalty(1.5));
        sampler.prompt(new int[] {0});
        float[] logits = {3, 2, 1};
        assertEquals(0, sampler.choose(logits));
        assertArrayEquals(new float[] {3, 2, 1}, logits);
        logits = new float[] {3, 2, 1};
        assertEquals(1, sampler.choose(logits));
        assertArrayEquals(new float[] {1.5f, 2, 1}, logits);
        logits = new float[] {3, 2, 1};
        assertEquals(0, sampler.choose(logits));
        assertArrayEquals(new float[] {1.5f, 0.5f, 1}, logits);
    }

    @Test
    void penaltiesComeBeforeTemperature() {
        // log 0.4 + 3 is positive and so divided by 1.25, and so on; the temperature doubles what is left
        Sampler sampler = new Sampler(sampling().withTemperature(0.5).withRepetitionPenalty(1.25));
        sampler.prompt(new int[] {0, 1, 2, 3, 4});
        double[] weights = Arrays.stream(P)
                .map(p -> {
                    double l = Math.log(p) + 3;
                    return Math.exp((l > 0 ? l / 1.25 : l * 1.25) / 0.5);
                })
                .toArray();
        int[] counts = new int[P.length];
        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.choose(logits())]++;
        }
        double sum = Arrays.stream(weights).sum();
        for (int i = 0; i < P.length; i++) {
            assertEquals(weights[i] / sum, (double) counts[i] / DRAWS, 0.015, "index " + i);
        }
    }

    @Test
    void aSeedRepeats() {
        int[] first = draws(4);
        assertArrayEquals(first, draws(4));
        assertNotEquals(Arrays.toString(first), Arrays.toString(draws(5)));
    }

    private static int[] draws(long seed) {
        Sampler sampler = new Sampler(sampling().withSeed(seed));
        return IntStream.range(0, 100).map(i -> sampler.choose(logits())).toArray();
    }

    @Test
    void forbiddenTokensNeverCome() {
        Sampler sampler = new Sampler(sampling());
        for (int i = 0; i < 200; i++) {
            assertEquals(1, sampler.choose(new float[] {Float.NEGATIVE_INFINITY, -50, Float.NEGATIVE_INFINITY}));
        }
    }

    @Test
    void badSettingsAreRefusedInOneSentence() {
        GenerationConfig g = GenerationConfig.greedy(5);
        refused("--max_tokens is 0", () -> GenerationConfig.greedy(0));
        refused("--temperature is -1.0", () -> g.withTemperature(-1));
        refused("--temperature is NaN", () -> g.withTemperature(Double.NaN));
        refused("--top_k is -2", () -> g.withTopK(-2));
        refused("--top_p is 0.0", () -> g.withTopP(0));
        refused("--top_p is 1.1", () -> g.withTopP(1.1));
        refused("--min_p is 1.0", () -> g.withMinP(1));
        refused("--repetition_penalty is 0.0", () -> g.withRepetitionPenalty(0));
        refused("--repetition_penalty is Infinity", () -> g.withRepetitionPenalty(Double.POSITIVE_INFINITY));
        refused("--presence_penalty is NaN", () -> g.withPresencePenalty(Double.NaN));
        refused("--prefill_chunk is 0", () -> g.withPrefillChunk(0));
        refused("--stop is ''", () -> g.withStop("a", ""));
    }

    private static void refused(String start, org.junit.jupiter.api.function.Executable action) {
        String message = assertThrows(BadInputException.class, action, start).getMessage();
        assertTrue(message.startsWith(start) && message.endsWith("."), message);
    }

    @Test
    void neighbouringSeedsDrawDifferentFirstTokens() {
        int[] counts = new int[4];
        for (long seed = 0; seed < 400; seed++) {
            GenerationConfig config =
                    GenerationConfig.greedy(1).withTemperature(1).withSeed(seed);
            counts[new Sampler(config).choose(new float[4])]++;
        }
        for (int count : counts) {
            assertTrue(count > 60 && count < 140, java.util.Arrays.toString(counts));
        }
    }
}

package dev.engram.model;

import java.util.List;

/**
 * Settings of one generation; names and meanings follow Hugging Face's class of the same name.
 *
 * @param maxNewTokens upper limit of generated tokens
 * @param temperature 0 is greedy; above 0 the logits are divided by it and a token is drawn
 * @param topK keep the k likeliest tokens; 0 keeps all
 * @param topP keep the smallest set of likeliest tokens whose probability reaches this; 1 keeps all
 * @param minP drop tokens less likely than this share of the likeliest one; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens seen before; 1 is off
 * @param presencePenalty subtracted from the logits of tokens generated before; 0 is off
 * @param seed of the sampler
 * @param stop generation ends before the first of these strings
 * @param forceExactLength ignore end-of-sequence tokens and stop strings
 * @param prefillChunk prompt tokens fed at once; bounds the peak memory of long prompts
 */
public record GenerationConfig(
        int maxNewTokens,
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        double presencePenalty,
        long seed,
        List<String> stop,
        boolean forceExactLength,
        int prefillChunk) {

    public GenerationConfig {
        check(maxNewTokens > 0, "max_tokens", maxNewTokens, "a whole number of at least 1");
        check(
                temperature >= 0 && Double.isFinite(temperature),
                "temperature",
                temperature,
                "0 (greedy) or a positive number");
        check(topK >= 0, "top_k", topK, "0 (all) or a positive number");
        check(topP > 0 && topP <= 1, "top_p", topP, "above 0 and at most 1");
        check(minP >= 0 && minP < 1, "min_p", minP, "at least 0 and below 1");
        check(
                repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
                "repetition_penalty",
                repetitionPenalty,
                "a positive number (1 is off)");
        check(Double.isFinite(presencePenalty), "presence_penalty", presencePenalty, "a finite number (0 is off)");
        check(prefillChunk > 0, "prefill_chunk", prefillChunk, "a whole number of at least 1");
        check(stop.stream().noneMatch(String::isEmpty), "stop", "''", "at least one character");
        stop = List.copyOf(stop);
    }

    /** Greedy generation of up to {@code maxNewTokens} tokens. */
    public static GenerationConfig greedy(int maxNewTokens) {
        return new GenerationConfig(maxNewTokens, 0, 0, 1, 0, 1, 0, 0, List.of(), false, 512);
    }

    public GenerationConfig withTemperature(double t) {
        return new GenerationConfig(
                maxNewTokens,
                t,
                topK,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                seed,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withTopK(int k) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                k,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                seed,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withTopP(double p) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                p,
                minP,
                repetitionPenalty,
                presencePenalty,
                seed,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withMinP(double p) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                p,
                repetitionPenalty,
                presencePenalty,
                seed,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withRepetitionPenalty(double penalty) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                penalty,
                presencePenalty,
                seed,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withPresencePenalty(double penalty) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                penalty,
                seed,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withSeed(long s) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                s,
                stop,
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withStop(String... strings) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                seed,
                List.of(strings),
                forceExactLength,
                prefillChunk);
    }

    public GenerationConfig withForceExactLength(boolean exact) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                seed,
                stop,
                exact,
                prefillChunk);
    }

    public GenerationConfig withPrefillChunk(int tokens) {
        return new GenerationConfig(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                seed,
                stop,
                forceExactLength,
                tokens);
    }

    private static void check(boolean ok, String name, Object value, String rule) {
        if (!ok) {
            throw new BadInputException("--" + name + " is " + value + "; it must be " + rule + ".");
        }
    }
}

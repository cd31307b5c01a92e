package dev.engram.model;

import java.util.List;

/**
 * What a generation returned.
 *
 * @param text the generated text, without the prompt and without special tokens
 * @param promptText the prompt as it was fed, template included
 * @param promptTokens number of prompt tokens
 * @param ids generated token ids, an end-of-sequence token included where one ended the text
 * @param finish why it ended
 * @param prefillSeconds wall time of the prompt
 * @param decodeSeconds wall time of the tokens after the first one
 */
public record Generation(
        String text,
        String promptText,
        int promptTokens,
        List<Integer> ids,
        Finish finish,
        double prefillSeconds,
        double decodeSeconds) {

    /** Why a generation ended. */
    public enum Finish {
        LENGTH,
        EOS,
        STOP,
        CANCELLED
    }

    public int numTokens() {
        return ids.size();
    }

    /** Wall time of the whole generation, prompt included, in seconds. */
    public double seconds() {
        return prefillSeconds + decodeSeconds;
    }

    /** Generated tokens per second of the whole generation (the original's definition in seed 000). */
    public double tokensPerSecond() {
        return numTokens() / Math.max(seconds(), 1e-9);
    }

    /** Tokens per second after the first one: the speed of decoding alone. */
    public double decodeTokensPerSecond() {
        return (numTokens() - 1) / Math.max(decodeSeconds, 1e-9);
    }
}

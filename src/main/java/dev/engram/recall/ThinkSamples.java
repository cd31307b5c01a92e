package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Thoughts to train the query on beside the memories (the seed's sections 4.2 and 5.1): conversations in random order, their
 * {@code <think>} bodies, those of too many tokens skipped and refilled, 1.5 times as many as there are memories.
 */
public final class ThinkSamples {
    /** Thoughts per memory; the surplus leaves room for a validation part. */
    public static final double RATIO = 1.5;

    /**
     * One thought.
     *
     * @param index original index of its conversation
     */
    public record Thought(int index, String text) {}

    private ThinkSamples() {}

    /** As many thoughts as {@code memories} memories need. */
    public static List<Thought> draw(SftPool pool, Tokenizer tokenizer, int memories, int maxTokens, long seed) {
        int target = (int) Math.ceil(memories * RATIO);
        List<Thought> thoughts = new ArrayList<>();
        for (SftSample sample : pool.shuffled(seed)) {
            if (thoughts.size() == target) {
                break;
            }
            ThinkText.body(pool.render(sample))
                    .filter(body -> tokenizer.encode(body).length <= maxTokens)
                    .ifPresent(body -> thoughts.add(new Thought(sample.index(), body)));
        }
        if (thoughts.size() < target) {
            throw new BadInputException("Samples are insufficient: " + memories + " memories need " + target
                    + " thoughts of at most " + maxTokens + " tokens, but the conversations hold " + thoughts.size()
                    + "; add conversations with <think> parts, raise the limit, or train fewer memories.");
        }
        return thoughts;
    }
}

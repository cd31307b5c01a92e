package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.text.ChatTemplate;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * Conversations to sample from. Each draw shuffles all of them, skips those that are too long (real token counts of the rendered
 * template), and goes on until it has enough; else it says that the samples are insufficient (the seed's sections 5.1, 5.2).
 */
public final class SftPool {
    /** The seed's sft_max_tokens. */
    public static final int MAX_TOKENS = 2500;

    private final List<SftSample> samples;
    private final ChatTemplate template;
    private final Tokenizer tokenizer;
    private final int maxTokens;
    private final Map<Integer, Integer> lengths = new HashMap<>();

    /**
     * A pool.
     *
     * @param maxTokens longer samples are skipped
     */
    public SftPool(List<SftSample> samples, ChatTemplate template, Tokenizer tokenizer, int maxTokens) {
        if (maxTokens < 1) {
            throw new BadInputException("sft_max_tokens is " + maxTokens + "; give at least 1.");
        }
        this.samples = List.copyOf(samples);
        this.template = template;
        this.tokenizer = tokenizer;
        this.maxTokens = maxTokens;
    }

    public int size() {
        return samples.size();
    }

    /** The conversation as the model reads it. */
    public String render(SftSample sample) {
        return template.render(sample.messages(), false);
    }

    /** Whether the rendered conversation has at most the allowed tokens. */
    boolean withinTokenLimit(SftSample sample) {
        return lengths.computeIfAbsent(sample.index(), i -> tokenizer.encode(render(sample)).length) <= maxTokens;
    }

    /** All samples in a random order. */
    List<SftSample> shuffled(long seed) {
        return Shuffle.of(samples, new SplittableRandom(seed));
    }

    /** Samples in random order, without repeats, each short enough. */
    public List<SftSample> draw(int count, long seed) {
        return draw(count, seed, sample -> true);
    }

    /** The same of those that fulfil a condition. */
    List<SftSample> draw(int count, long seed, Predicate<SftSample> wanted) {
        List<SftSample> drawn = new ArrayList<>();
        for (SftSample sample : shuffled(seed)) {
            if (drawn.size() == count) {
                break;
            }
            if (wanted.test(sample) && withinTokenLimit(sample)) {
                drawn.add(sample);
            }
        }
        if (drawn.size() < count) {
            throw new BadInputException("Samples are insufficient: " + count + " conversations of at most " + maxTokens
                    + " tokens are needed, but of " + samples.size() + " only " + drawn.size()
                    + " will do; add conversations, raise the limit, or train fewer memories.");
        }
        return drawn;
    }
}

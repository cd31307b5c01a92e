package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Generation with a memory that forgets, as seed 000 offers it.
 *
 * <pre>{@code
 * try (EbbinghausLlm llm = EbbinghausLlm.open("default")) {
 *     ForgettingResult result = llm.generate("What is a tide?", 200, GenerationMode.MEMORY_ENHANCED);
 *     System.out.println(result.generatedText() + " " + result.cacheDeletionPercentage() + " % deleted");
 * }
 * }</pre>
 */
public final class EbbinghausLlm implements AutoCloseable {
    private final CausalLm lm;

    /** Over an open model, which is closed with this. */
    public EbbinghausLlm(CausalLm lm) {
        this.lm = lm;
    }

    /** Opens a model; see {@link CausalLm#open(String)}. */
    public static EbbinghausLlm open(String model) {
        return new EbbinghausLlm(CausalLm.open(model));
    }

    public CausalLm lm() {
        return lm;
    }

    /** Greedy, with the mode's defaults. */
    public ForgettingResult generate(String prompt, int maxNewTokens, GenerationMode mode) {
        return generate(prompt, maxNewTokens, mode, false, Policies.THRESHOLD);
    }

    /**
     * Greedy.
     *
     * @param prompt a user's message if the model has a chat template, else a text to continue
     * @param returnAttentionWeights whether the result says where each layer looked
     * @param hardDeleteThreshold slots retained to less than this are deleted; in (0, 1)
     */
    public ForgettingResult generate(
            String prompt,
            int maxNewTokens,
            GenerationMode mode,
            boolean returnAttentionWeights,
            double hardDeleteThreshold) {
        MemoryEnhanced memory = MemoryEnhanced.defaults().withThreshold(hardDeleteThreshold);
        String text = lm.chatTemplate().isPresent() ? lm.prompt(List.of(Message.user(prompt))) : prompt;
        return generate(
                lm.tokenizer().encode(text),
                GenerationConfig.greedy(maxNewTokens),
                mode == GenerationMode.BASELINE ? null : memory,
                returnAttentionWeights,
                GenerationListener.SILENT);
    }

    /**
     * Continues token ids.
     *
     * @param memory how it forgets; null is mode baseline
     * @param withAttention whether the result says where each layer looked
     */
    public ForgettingResult generate(
            int[] prompt,
            GenerationConfig config,
            MemoryEnhanced memory,
            boolean withAttention,
            GenerationListener listener) {
        requireRoom(prompt, memory);
        CachePolicy policy = memory == null ? null : memory.create();
        Observed observed = new Observed(policy, withAttention);
        boolean watch = memory != null || withAttention; // else the cache only grows, and there is nothing to watch
        try (KvCache cache = lm.decoder().newCache()) {
            Generation generation = lm.generate(prompt, cache, config, Seams.none(), watch ? observed : null, listener);
            List<Deletion> deletions = observed.deletions();
            double entries = (double) (generation.promptTokens() + generation.numTokens()) * cache.layers();
            return new ForgettingResult(
                    generation,
                    memory == null ? GenerationMode.BASELINE : GenerationMode.MEMORY_ENHANCED,
                    memory == null ? "full" : memory.policy(),
                    100 * ForgettingResult.entries(deletions) / entries,
                    cache.bytesHeld(),
                    Math.max(observed.bytesPeak(), cache.bytesHeld()),
                    cache.bytesOfFull(),
                    IntStream.range(0, cache.layers())
                            .map(cache::length)
                            .boxed()
                            .toList(),
                    deletions,
                    observed.attention(pieces(prompt, generation)),
                    observed.seconds());
        }
    }

    /** With true positions a text ends at the model's context, whatever was forgotten. */
    private void requireRoom(int[] prompt, MemoryEnhanced memory) {
        int room = lm.config().contextLength();
        if (prompt.length > room && (memory == null || !memory.eviction().rebase())) {
            throw new BadInputException("The prompt has " + prompt.length
                    + " tokens, but the model's context has room for " + room + "; shorten the prompt"
                    + (memory == null ? "." : ", or give kept tokens new positions with --rebase."));
        }
    }

    private IntFunction<String> pieces(int[] prompt, Generation generation) {
        return position -> lm.tokenizer()
                .printable(
                        position < prompt.length
                                ? prompt[position]
                                : generation.ids().get(position - prompt.length));
    }

    @Override
    public void close() {
        lm.close();
    }
}

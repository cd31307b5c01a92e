package dev.engram.recall;

import dev.engram.model.CausalLm;
import dev.engram.model.EmbeddingSeam;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import java.util.List;
import java.util.function.Consumer;

/**
 * A language model with the recall tokens and a bank. Generation is the ordinary one with {@link RecallState} at the seam of the
 * input embeddings; where recall is off, it is exactly the ordinary one.
 */
public final class RecallModel implements AutoCloseable {
    /** An answer with its recalls. */
    public record Answer(Generation generation, List<RecallState.Recall> recalls) {
        /** The text without special tokens; what was remembered is part of it. */
        public String text() {
            return generation.text();
        }
    }

    private final CausalLm lm;
    private final RecallTokens tokens;
    private final MemoryHead head;
    private final RecallSettings settings;

    /**
     * A model that recalls.
     *
     * @param lm extended by the token rows ({@link CausalLm#extend}); stays the caller's
     * @param head closed with this
     */
    public RecallModel(CausalLm lm, MemoryHead head, RecallSettings settings) {
        this.lm = lm;
        this.tokens = RecallTokens.of(lm.tokenizer());
        this.head = head;
        this.settings = settings;
    }

    public MemoryHead head() {
        return head;
    }

    public RecallTokens tokens() {
        return tokens;
    }

    public RecallSettings settings() {
        return settings;
    }

    /** A state machine for one answer. */
    public RecallState newState() {
        return new RecallState(tokens, head, settings, lm.tokenizer());
    }

    /** Answers a user. */
    public Answer chat(String user, GenerationConfig config) {
        return generate(lm.prompt(List.of(Message.user(user))), config, line -> {});
    }

    /**
     * Continues a text.
     *
     * @param trace told the state machine's transitions
     */
    public Answer generate(String prompt, GenerationConfig config, Consumer<String> trace) {
        RecallState state = newState().tracing(trace);
        EmbeddingSeam seam = settings.enabled() ? state : null;
        try (KvCache cache = lm.decoder().newCache()) {
            Generation generation = lm.generate(
                    lm.tokenizer().encode(prompt), cache, config, Seams.none(), null, seam, GenerationListener.SILENT);
            return new Answer(generation, state.recalls());
        }
    }

    @Override
    public void close() {
        head.close();
    }
}

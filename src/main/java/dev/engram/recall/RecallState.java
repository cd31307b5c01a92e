package dev.engram.recall;

import dev.engram.model.EmbeddingSeam;
import dev.engram.model.Sampler;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The seed's state machine for one answer (its section 3.5).
 *
 * <pre>
 * N     the model chooses {@code <recall>} like any token
 * N+1   {@code <recall>} is fed; its hidden state asks the memory head; the next id and its embedding are set
 * N+2   {@code <|memory_pad|>} is fed as the memory's vector; both are cleared
 * </pre>
 *
 * <p>Differs from the seed in what it adds: a cap of recalls, a bias of {@code <recall>}, abstaining, and the stored text for
 * memories that the model has not learned.
 */
public final class RecallState implements EmbeddingSeam {
    /** One recall of an answer. */
    public record Recall(Choice choice, Memory memory) {}

    private final RecallTokens tokens;
    private final MemoryHead head;
    private final RecallSettings settings;
    private final Tokenizer tokenizer;
    private final Sampler sampler;
    private final List<Recall> recalls = new ArrayList<>();
    private Consumer<String> trace = line -> {};

    /** The seed's forced_next_token_id, and for stored texts the ids after it. */
    private final Deque<Integer> forcedNext = new ArrayDeque<>();
    /** The seed's override_next_embed, [hidden]; null when the next token has its own embedding. */
    private float[] overrideNextEmbed;

    public RecallState(RecallTokens tokens, MemoryHead head, RecallSettings settings, Tokenizer tokenizer) {
        this.tokens = tokens;
        this.head = head;
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.sampler = head.newSampler();
    }

    /** Sends a line for every transition there. */
    public RecallState tracing(Consumer<String> to) {
        trace = to;
        return this;
    }

    /** The recalls so far, in order. */
    public List<Recall> recalls() {
        return List.copyOf(recalls);
    }

    /** Whether nothing of a recall is pending. */
    public boolean clear() {
        return forcedNext.isEmpty() && overrideNextEmbed == null;
    }

    @Override
    public int[] banned() {
        return recalls.size() < settings.maxRecalls()
                ? new int[] {tokens.pad()}
                : new int[] {tokens.pad(), tokens.recall()};
    }

    @Override
    public Map<Integer, Float> biases() {
        return settings.recallBias() == 0 ? Map.of() : Map.of(tokens.recall(), (float) settings.recallBias());
    }

    @Override
    public int forced(int last, Supplier<float[]> query) {
        if (last == tokens.recall() && forcedNext.isEmpty() && recalls.size() < settings.maxRecalls()) {
            trace.accept("N    chosen " + RecallTokens.RECALL);
            select(query.get());
        }
        Integer next = forcedNext.poll();
        return next == null ? NOT_FORCED : next;
    }

    private void select(float[] query) {
        Choice choice = head.choose(query, sampler);
        Memory memory = choice.abstained() ? null : head.bank().memory(choice.at());
        recalls.add(new Recall(choice, memory));
        float[] unit = choice.abstained() ? head.nothing() : head.bank().vector(choice.at());
        if (unit == null) {
            forcedNext.add(tokens.end());
            trace.accept("N+1  nothing fits; next " + RecallTokens.END);
            return;
        }
        forcedNext.add(tokens.pad());
        overrideNextEmbed = new float[unit.length];
        for (int i = 0; i < unit.length; i++) {
            overrideNextEmbed[i] = (float) (unit[i] * settings.injectionScale());
        }
        if (memory != null && textGoesIn(memory)) {
            for (int id : tokenizer.encode(memory.text())) {
                forcedNext.add(id);
            }
            forcedNext.add(tokens.end());
        }
        trace.accept(String.format(
                Locale.ROOT,
                "N+1  %s; forced_next_token_id = %s, override_next_embed set",
                memory == null
                        ? "nothing fits"
                        : String.format(Locale.ROOT, "memory %s, cosine %.3f", memory.id(), choice.cosine()),
                RecallTokens.PAD));
    }

    private boolean textGoesIn(Memory memory) {
        return switch (settings.storedText()) {
            case NEVER -> false;
            case UNLEARNED -> !memory.learned();
            case ALWAYS -> true;
        };
    }

    @Override
    public float[] embedding() {
        return overrideNextEmbed;
    }

    @Override
    public void fed() {
        if (overrideNextEmbed != null) {
            overrideNextEmbed = null;
            trace.accept("N+2  vector fed in place of " + RecallTokens.PAD + "; flags cleared");
        }
    }
}

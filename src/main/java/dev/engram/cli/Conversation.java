package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.Generation.Finish;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A conversation whose past stays in one {@link KvCache}: each turn feeds only what is new. Where a template rewrites earlier
 * turns (some drop the thinking part of old answers) the cache is filled again.
 */
final class Conversation implements AutoCloseable {
    private final CausalLm lm;
    private final IntFunction<GenerationConfig> settings;
    private String system;
    private List<Message> messages = List.of();
    private KvCache cache;
    /** The text that the cache holds, the token in {@link #unfed} included. */
    private String text = "";
    /** The last generated token, which was shown but not fed; empty if it ended the answer. */
    private int[] unfed = {};

    private boolean full;

    /**
     * An empty conversation.
     *
     * @param settings of an answer of so many tokens
     */
    Conversation(CausalLm lm, IntFunction<GenerationConfig> settings) {
        this.lm = lm;
        this.settings = settings;
        start(null);
    }

    /**
     * Starts anew.
     *
     * @param newSystem the system message, or null for the template's own
     */
    void start(String newSystem) {
        system = newSystem;
        messages = system == null ? List.of() : List.of(Message.system(system));
        restart();
    }

    private void restart() {
        close();
        cache = lm.decoder().newCache();
        text = "";
        unfed = new int[0];
        full = false;
    }

    /** The system message, or null. */
    String system() {
        return system;
    }

    /**
     * Answers a message. If there is no room for it, a {@link BadInputException} says so and the conversation stays as it was.
     *
     * @param maxTokens of the answer; fewer if the context has less room
     */
    Generation answer(String user, int maxTokens, GenerationListener listener) {
        List<Message> asked = with(messages, Message.user(user));
        String whole = lm.prompt(asked);
        boolean continues = whole.startsWith(text);
        int[] ids = continues ? joined(unfed, encode(whole.substring(text.length()))) : encode(whole);
        int room = lm.config().contextLength() - (continues ? cache.nextPosition() : 0) - ids.length;
        if (room < 0) {
            throw new BadInputException("With this message the conversation has "
                    + (lm.config().contextLength() - room) + " tokens, but the model's context has room for "
                    + lm.config().contextLength() + "; type /reset to start a new one, or a shorter message.");
        }
        if (!continues) {
            restart();
        }
        int limit = Math.min(maxTokens, room + 1); // the last token is chosen but not fed
        Generation result = lm.generate(ids, cache, settings.apply(limit), Seams.none(), null, listener);
        messages = with(asked, Message.assistant(result.text()));
        text = whole + result.text();
        boolean ended = result.finish() == Finish.EOS;
        unfed = ended ? new int[0] : new int[] {result.ids().get(result.ids().size() - 1)};
        full = result.finish() == Finish.LENGTH && limit < maxTokens;
        return result;
    }

    /** Whether the last answer ended because the context was full. */
    boolean full() {
        return full;
    }

    /** Tokens in the cache. */
    int tokens() {
        return cache.tokensSeen();
    }

    /** Bytes of the cache. */
    long bytesHeld() {
        return cache.bytesHeld();
    }

    private int[] encode(String part) {
        return lm.tokenizer().encode(part);
    }

    private static int[] joined(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static List<Message> with(List<Message> messages, Message message) {
        List<Message> more = new ArrayList<>(messages);
        more.add(message);
        return more;
    }

    @Override
    public void close() {
        if (cache != null) {
            cache.close();
            cache = null;
        }
    }
}

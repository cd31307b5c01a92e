package dev.engram.cli.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CachePolicy;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import java.util.Arrays;

/** A cache that reads the fixed text of the races (environment/peers/README.md) and is timed while it decodes. */
final class TimedCache implements AutoCloseable {
    private static final int WARM_UP = 3;
    private static final int CHUNK = 512;

    private final Decoder decoder;
    private final KvCache cache;
    private final PolicyRunner runner;
    private final Seams seams;

    /**
     * An empty cache.
     *
     * @param policy acts on every pass; null keeps all
     */
    TimedCache(Decoder decoder, CachePolicy policy) {
        this.decoder = decoder;
        this.cache = decoder.newCache();
        this.runner = new PolicyRunner(policy, cache);
        this.seams = runner.listen(Seams.none());
    }

    /** Reads {@code count} tokens in chunks of 512, as generation does; then the logits of the last position. */
    TimedCache read(int count) {
        int vocab = decoder.config().vocab();
        int low = Math.min(100, vocab / 2);
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = low + (int) ((7919L * i + 13) % (vocab - low));
        }
        for (int at = 0; at < count; at += CHUNK) {
            int[] chunk = Arrays.copyOfRange(ids, at, Math.min(count, at + CHUNK));
            pass(chunk, at + CHUNK >= count);
        }
        return this;
    }

    /** Lets a policy decide once, on the cache as it is; it must not need attention. */
    TimedCache cut(CachePolicy policy) {
        PolicyRunner once = new PolicyRunner(policy, cache);
        once.before(1);
        once.apply(1);
        return this;
    }

    /** Tokens per second of {@code tokens} greedy steps, after three that warm up. */
    double speed(int tokens) {
        int next = steps(5, WARM_UP);
        return tokens / seconds(next, tokens);
    }

    /** The same, and takes the tokens back afterwards; the policy must not have deleted meanwhile. */
    double speedAndBack(int tokens) {
        int next = steps(5, WARM_UP);
        cache.truncate(WARM_UP);
        double seconds = seconds(next, tokens);
        cache.truncate(tokens);
        return tokens / seconds;
    }

    private double seconds(int first, int tokens) {
        long start = System.nanoTime();
        steps(first, tokens);
        return (System.nanoTime() - start) / 1e9;
    }

    private int steps(int first, int tokens) {
        int token = first;
        for (int i = 0; i < tokens; i++) {
            token = pass(new int[] {token}, true);
        }
        return token;
    }

    private int pass(int[] ids, boolean choose) {
        runner.before(ids.length);
        try (NDManager scope = decoder.newScope()) {
            NDArray hidden = decoder.forward(scope, new int[][] {ids}, cache, seams);
            NDArray logits = choose ? decoder.logits(scope, hidden, 1) : null;
            runner.apply(ids.length);
            return choose ? decoder.argmax(scope, logits)[0] : -1;
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}

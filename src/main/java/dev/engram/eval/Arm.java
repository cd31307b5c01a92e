package dev.engram.eval;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CachePolicy;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import dev.engram.model.engine.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** One arm of a comparison: a cache that reads a text, with the policy that acts on it. Without a policy it keeps all. */
final class Arm implements AutoCloseable {
    private final Decoder decoder;
    private final KvCache cache;
    private final SlotLedger ledger;
    private final PolicyRunner runner;
    private final Seams seams;
    private long peak;
    private long nanos;
    private int pending = -1;

    /**
     * Begins with an empty cache, which is the arm's from now on.
     *
     * @param policy a fresh one; null keeps all
     */
    Arm(Decoder decoder, KvCache cache, CachePolicy policy, Seams own) {
        this(decoder, cache, policy == null ? null : new SlotLedger(policy, cache.layers()), own);
    }

    private Arm(Decoder decoder, KvCache cache, SlotLedger ledger, Seams own) {
        this.decoder = decoder;
        this.cache = cache;
        this.ledger = ledger;
        this.runner = new PolicyRunner(ledger, cache);
        this.seams = runner.listen(own);
    }

    static Arm of(Decoder decoder, CachePolicy policy) {
        return new Arm(decoder, decoder.newCache(), policy, Seams.none());
    }

    KvCache cache() {
        return cache;
    }

    /** Which tokens are left; null for the full cache. */
    SlotLedger ledger() {
        return ledger;
    }

    Seams seams() {
        return seams;
    }

    CachePolicy policy() {
        return ledger;
    }

    /** Most bytes held after any pass, before the policy deleted. */
    long peak() {
        return peak;
    }

    /** Seconds in passes and in the policy. */
    double seconds() {
        return nanos / 1e9;
    }

    double policySeconds() {
        return runner.seconds();
    }

    /** One pass; the policy has not yet acted. Returns the last hidden state. */
    NDArray pass(NDManager scope, int[] ids) {
        long start = System.nanoTime();
        runner.before(ids.length);
        NDArray hidden = decoder.forward(scope, new int[][] {ids}, cache, seams);
        peak = Math.max(peak, cache.bytesHeld());
        nanos += System.nanoTime() - start;
        return hidden;
    }

    NDArray logits(NDManager scope, NDArray hidden, int last) {
        long start = System.nanoTime();
        NDArray logits = decoder.logits(scope, hidden, last);
        nanos += System.nanoTime() - start;
        return logits;
    }

    /** The policy's turn after a pass. */
    void settle(int tokens) {
        long start = System.nanoTime();
        runner.apply(tokens);
        nanos += System.nanoTime() - start;
    }

    /** Reads a prompt in chunks, the policy acting after each; its last token waits for what follows. */
    void read(int[] prompt, int chunk) {
        for (int at = 0; at < prompt.length - 1; at += chunk) {
            int[] part = Arrays.copyOfRange(prompt, at, Math.min(prompt.length - 1, at + chunk));
            try (NDManager scope = decoder.newScope()) {
                pass(scope, part);
            }
            settle(part.length);
        }
        pending = prompt[prompt.length - 1];
    }

    /**
     * Mean negative log-likelihood per token of a text after the prompt, in nats. The cache is left as it is: the text is read
     * in one pass on a copy, and the policy deletes nothing meanwhile.
     */
    double nll(int[] continuation) {
        int[] inputs = new int[continuation.length];
        inputs[0] = pending;
        System.arraycopy(continuation, 0, inputs, 1, inputs.length - 1);
        try (KvCache copy = cache.fork();
                NDManager scope = decoder.newScope()) {
            if (ledger != null) {
                ledger.before(copy, inputs.length);
            }
            // what changes the prediction, without the watchers: the policy is not to know of this pass
            Seams acting = seams.withWatch(null).withProjections(null);
            NDArray hidden = decoder.forward(scope, new int[][] {inputs}, copy, acting);
            NDArray targets = Kernel.ids(scope, new int[][] {continuation});
            float[] each = decoder.logprobs(scope, decoder.logits(scope, hidden, 0), targets);
            double sum = 0;
            for (float v : each) {
                sum -= v;
            }
            return sum / each.length;
        }
    }

    /** Continues with the likeliest token each time, the policy acting after each; the end-of-text token is not returned. */
    int[] greedy(int most, Set<Integer> eos) {
        List<Integer> ids = new ArrayList<>();
        while (ids.size() < most) {
            try (NDManager scope = decoder.newScope()) {
                NDArray logits = logits(scope, pass(scope, new int[] {pending}), 1);
                settle(1);
                pending = decoder.argmax(scope, logits)[0];
            }
            if (eos.contains(pending)) {
                break;
            }
            ids.add(pending);
        }
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Per layer the share of the tokens {@code from} (inclusive) to {@code to} that is still in the cache. */
    double[] survived(int from, int to) {
        double[] all = new double[cache.layers()];
        for (int i = 0; i < all.length; i++) {
            all[i] = ledger == null ? 1 : ledger.survived(i, from, to);
        }
        return all;
    }

    @Override
    public void close() {
        cache.close();
    }
}

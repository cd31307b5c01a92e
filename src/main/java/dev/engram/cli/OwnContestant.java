package dev.engram.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Engram itself; the text is that of the peers (environment/peers/README.md). */
final class OwnContestant implements Contestant {
    private static final int WARM_UP = 3;

    private final String dtype;
    private final CausalLm lm;
    private final Decoder decoder;
    private final Map<Integer, KvCache> prepared = new HashMap<>();

    OwnContestant(String model, String dtype, int threads) {
        this.dtype = dtype;
        this.lm = CausalLm.open(
                model,
                LoadOptions.defaults().withDtype(LoadOptions.DType.parse(dtype)).withThreads(threads));
        this.decoder = lm.decoder();
    }

    @Override
    public String who() {
        return "engram";
    }

    @Override
    public String dtype() {
        return dtype;
    }

    @Override
    public String setting() {
        return lm.format();
    }

    @Override
    public double decode(int context, int tokens) {
        KvCache cache = prepared.computeIfAbsent(context, this::prepare);
        int next = steps(cache, 5, WARM_UP);
        cache.truncate(WARM_UP);
        long start = System.nanoTime();
        steps(cache, next, tokens);
        double seconds = (System.nanoTime() - start) / 1e9;
        cache.truncate(tokens);
        return tokens / seconds;
    }

    private KvCache prepare(int context) {
        KvCache cache = decoder.newCache();
        read(cache, context);
        return cache;
    }

    private int steps(KvCache cache, int first, int tokens) {
        int token = first;
        for (int i = 0; i < tokens; i++) {
            try (NDManager scope = decoder.newScope()) {
                NDArray hidden = decoder.forward(scope, new int[][] {{token}}, cache, Seams.none());
                token = decoder.argmax(scope, decoder.logits(scope, hidden, 1))[0];
            }
        }
        return token;
    }

    @Override
    public double prefill(int tokens) {
        try (KvCache cache = decoder.newCache()) {
            long start = System.nanoTime();
            read(cache, tokens);
            return (System.nanoTime() - start) / 1e9;
        }
    }

    /** Reads the fixed text in chunks of 512, as generation does. */
    private void read(KvCache cache, int count) {
        int vocab = lm.config().vocab();
        int low = Math.min(100, vocab / 2);
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = low + (int) ((7919L * i + 13) % (vocab - low));
        }
        for (int at = 0; at < count; at += 512) {
            try (NDManager scope = decoder.newScope()) {
                int[][] chunk = {Arrays.copyOfRange(ids, at, Math.min(count, at + 512))};
                NDArray hidden = decoder.forward(scope, chunk, cache, Seams.none());
                if (at + 512 >= count) {
                    decoder.argmax(scope, decoder.logits(scope, hidden, 1));
                }
            }
        }
    }

    @Override
    public void close() {
        prepared.values().forEach(KvCache::close);
        lm.close();
    }
}

package dev.engram.cli.bench;

import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.LoadOptions;
import java.util.HashMap;
import java.util.Map;

/** Engram itself; the text is that of the peers (environment/peers/README.md). */
final class OwnContestant implements Contestant {
    private final String dtype;
    private final CausalLm lm;
    private final Decoder decoder;
    private final Map<Integer, TimedCache> prepared = new HashMap<>();

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
        return prepared.computeIfAbsent(context, c -> new TimedCache(decoder, null).read(c))
                .speedAndBack(tokens);
    }

    @Override
    public double prefill(int tokens) {
        try (TimedCache cache = new TimedCache(decoder, null)) {
            long start = System.nanoTime();
            cache.read(tokens);
            return (System.nanoTime() - start) / 1e9;
        }
    }

    @Override
    public void close() {
        prepared.values().forEach(TimedCache::close);
        lm.close();
    }
}

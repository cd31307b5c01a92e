package dev.engram.cli.bench;

import dev.engram.forget.Budget;
import dev.engram.forget.EvictionConfig;
import dev.engram.forget.Policies;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One way of decoding in the race of caches.
 *
 * @param who engram, or the peer
 * @param dtype number format
 * @param mode one of the constants below, or a policy's setting
 * @param most longest context that it is asked for
 * @param speed measures it
 * @param release frees what is kept for the next round of the same context
 */
record CacheEntrant(String who, String dtype, String mode, int most, Speed speed, Runnable release) {
    /** The full cache. */
    static final String BASELINE = "baseline";

    /** A policy forgets while the text is read and decoded. */
    static final String MEMORY_ENHANCED = "memory_enhanced";

    /** A quarter of the cache is left when decoding begins, and nothing is forgotten any more. */
    static final String QUARTER = "quarter";

    /** Tokens per second of greedy decoding after {@code context} tokens, whose reading is not timed. */
    interface Speed {
        double of(int context, int tokens);
    }

    /** Our full cache, or a quarter of it; read once per context, and taken back after every round. */
    static CacheEntrant fixed(CausalLm lm, String dtype, String mode) {
        KeptCache kept = new KeptCache(lm, mode.equals(QUARTER));
        return new CacheEntrant("engram", dtype, mode, Integer.MAX_VALUE, kept, kept::release);
    }

    /** Our cache under a policy that acts all the time, and therefore reads the context anew in every round. */
    static CacheEntrant forgetting(CausalLm lm, String dtype, String mode, int most, Supplier<CachePolicy> policy) {
        Speed speed = (context, tokens) -> {
            try (TimedCache cache = new TimedCache(lm.decoder(), policy.get())) {
                return cache.read(context).speed(tokens);
            }
        };
        return new CacheEntrant("engram", dtype, mode, most, speed, () -> {});
    }

    /**
     * A peer in one of its modes, on contexts of at most so many tokens.
     *
     * @param request what the peer's request says besides context and tokens
     */
    static CacheEntrant peer(PeerContestant peer, String mode, Map<String, ?> request, int most, Runnable release) {
        Speed speed = (context, tokens) -> peer.decode(context, tokens, request);
        return new CacheEntrant(peer.who(), peer.dtype(), mode, most, speed, release);
    }

    private static final class KeptCache implements Speed {
        private final CausalLm lm;
        private final boolean quarter;
        private TimedCache cache;

        KeptCache(CausalLm lm, boolean quarter) {
            this.lm = lm;
            this.quarter = quarter;
        }

        @Override
        public double of(int context, int tokens) {
            if (cache == null) {
                cache = new TimedCache(lm.decoder(), null).read(context);
                if (quarter) { // which slots stay makes no difference to speed
                    cache.cut(Policies.create("window", EvictionConfig.of(Budget.share(0.25))));
                }
            }
            return cache.speedAndBack(tokens);
        }

        void release() {
            if (cache != null) {
                cache.close();
                cache = null;
            }
        }
    }
}

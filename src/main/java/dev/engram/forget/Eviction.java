package dev.engram.forget;

import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.Arrays;

/** Any scorer made into a policy: the best slots stay within the budget, protected ones always. Serves one cache. */
public final class Eviction implements CachePolicy {
    private static final float PROTECTED = Float.POSITIVE_INFINITY;

    private final SlotScorer scorer;
    private final EvictionConfig config;
    /** 1 where a slot is whitelisted: asked once, when its place in the text is known, and carried along. */
    private final SlotValues spared = new SlotValues(-1);

    private int decidedAt;
    private boolean deciding;
    private boolean deleted;
    private long deletions;
    private int events;

    public Eviction(SlotScorer scorer, EvictionConfig config) {
        this.scorer = scorer;
        this.config = config;
    }

    public EvictionConfig config() {
        return config;
    }

    public SlotScorer scorer() {
        return scorer;
    }

    /** Whether it can delete at all: it has a budget or a floor. */
    public boolean deletes() {
        return config.budget().unit() != Budget.Unit.UNLIMITED || !Double.isNaN(config.floor());
    }

    /** Deleted entries so far, each one slot of one layer. */
    public long deletions() {
        return deletions;
    }

    /** How often a layer deleted something. */
    public int events() {
        return events;
    }

    @Override
    public Seams equip(Seams seams) {
        return scorer.equip(seams);
    }

    @Override
    public int queries() {
        return scorer.everyPass() || deciding ? scorer.queries() : 0;
    }

    @Override
    public void before(KvCache cache, int newTokens) {
        deciding = cache.tokensSeen() + newTokens - decidedAt >= config.every()
                && switch (config.phase()) {
                    case PREFILL -> newTokens > 1;
                    case DECODE -> newTokens == 1;
                    case BOTH -> true;
                };
    }

    @Override
    public int[][] keep(Layer layer) {
        if (scorer.queries() == 0 || layer.received() != null) {
            scorer.observe(layer);
        }
        if (config.whitelist() != null) {
            spare(layer);
        }
        if (!deciding) {
            return null;
        }
        int allowed = config.slots(
                layer.index(), layer.cache().layers(), config.budget().slots(layer.cache()));
        int n = layer.slots();
        if (n <= allowed && Double.isNaN(config.floor())) {
            return null;
        }
        float[][] scores = scorer.score(layer);
        float[][] guarded = new float[scores.length][];
        int stay = 0;
        for (int h = 0; h < scores.length; h++) {
            guarded[h] = guard(layer, h, scores[h], allowed);
            stay = Math.max(stay, survivors(guarded[h]));
        }
        stay = Math.min(stay, Math.max(allowed, protectedSlots(guarded[0], allowed)));
        if (stay >= n) {
            return null;
        }
        int[][] kept = new int[scores.length][];
        for (int h = 0; h < kept.length; h++) {
            kept[h] = TopSlots.of(guarded[h], stay);
        }
        scorer.kept(layer.index(), kept);
        spared.keep(layer.index(), kept);
        deletions += n - stay;
        events++;
        deleted = true;
        return kept;
    }

    @Override
    public void after(KvCache cache) {
        decidedAt = deciding ? cache.tokensSeen() : decidedAt;
        if (deleted && config.rebase()) {
            cache.rebase();
        }
        deleted = false;
    }

    private int protectedSlots(float[] guarded, int allowed) {
        int count = 0;
        for (float score : guarded) {
            count += score == PROTECTED ? 1 : 0;
        }
        if (count > allowed && config.budget().unit() != Budget.Unit.SHARE) {
            throw new BadInputException("Sinks, recent slots and the whitelist protect " + count
                    + " slots, but the budget of " + config.budget() + " keeps " + allowed
                    + "; raise the budget or protect fewer.");
        }
        return count;
    }

    private void spare(Layer layer) {
        float[][] rows = spared.of(layer);
        for (int h = 0; h < rows.length; h++) {
            // not the slot's position: after a rebase that is no place in the text
            int first = layer.cache().tokensSeen() - rows[h].length;
            for (int s = rows[h].length - 1; s >= 0 && rows[h][s] < 0; s--) {
                rows[h][s] = config.whitelist().test(first + s) ? 1 : 0;
            }
        }
    }

    private float[] guard(Layer layer, int head, float[] scores, int allowed) {
        float[] own = Arrays.copyOf(scores, layer.slots());
        int n = own.length;
        if (config.recentShare() > 0 && allowed < n) {
            Arrays.fill(own, n - (int) (config.recentShare() * allowed), n, Float.MAX_VALUE);
        }
        Arrays.fill(own, 0, Math.min(config.sinks(), n), PROTECTED);
        Arrays.fill(own, Math.max(0, n - config.recent()), n, PROTECTED);
        if (config.whitelist() != null) {
            float[][] rows = spared.of(layer);
            float[] flags = rows[rows.length == 1 ? 0 : head];
            for (int s = 0; s < n; s++) {
                own[s] = flags[s] > 0 ? PROTECTED : own[s];
            }
        }
        return own;
    }

    private int survivors(float[] guarded) {
        if (Double.isNaN(config.floor())) {
            return guarded.length;
        }
        int count = 0;
        for (float score : guarded) {
            count += score < config.floor() ? 0 : 1;
        }
        return Math.max(count, 1);
    }
}

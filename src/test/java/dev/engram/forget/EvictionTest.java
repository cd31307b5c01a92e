package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.CachePolicy;
import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.KvCache;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import dev.engram.model.Tiny;
import dev.engram.model.WithTinyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What surrounds a scorer, worked out by hand: a token is worth −(index mod 5), and the later of two equals stays. */
class EvictionTest extends WithTinyDecoder {
    /** Worth −(index mod 5), the same for all heads; counts what it is shown. */
    private static class Fives implements SlotScorer {
        private final SlotValues index = new SlotValues(-1);
        int shown;

        @Override
        public float[][] score(Layer layer) {
            float[][] own = index.of(layer);
            int first = layer.cache().tokensSeen() - layer.slots();
            float[][] worth = new float[1][layer.slots()];
            for (int s = 0; s < worth[0].length; s++) {
                own[0][s] = own[0][s] < 0 ? first + s : own[0][s];
                worth[0][s] = -(own[0][s] % 5);
            }
            return worth;
        }

        @Override
        public void observe(Layer layer) {
            score(layer); // learns the index of what is new
            shown++;
        }

        @Override
        public void kept(int layer, int[][] kept) {
            index.keep(layer, kept);
        }
    }

    /** A text read with a policy. */
    private static final class Text implements AutoCloseable {
        private final KvCache cache = decoder.newCache();
        private final PolicyRunner runner;
        private final Seams seams;

        Text(CachePolicy policy) {
            runner = new PolicyRunner(policy, cache);
            seams = runner.listen(Seams.none());
        }

        Text feed(int... passes) {
            for (int tokens : passes) {
                runner.before(tokens);
                try (NDManager scope = decoder.newScope()) {
                    decoder.forward(scope, new int[][] {Tiny.ids(tokens)}, cache, seams);
                }
                runner.apply(tokens);
            }
            return this;
        }

        Text holds(int... tokens) {
            for (int i = 0; i < cache.layers(); i++) {
                assertArrayEquals(tokens, cache.positions(i, 0), "layer " + i);
            }
            return this;
        }

        @Override
        public void close() {
            cache.close();
        }
    }

    private static EvictionConfig six() {
        return EvictionConfig.of(Budget.tokens(6));
    }

    private static Eviction eviction(EvictionConfig config) {
        return new Eviction(new Fives(), config);
    }

    @Test
    void theBestStayWithinTheBudget() {
        Eviction eviction = eviction(six());
        assertTrue(eviction.deletes());
        try (Text text = new Text(eviction)) {
            text.feed(6).holds(0, 1, 2, 3, 4, 5);
            assertEquals(0, eviction.events(), "exactly the budget");
            text.feed(4).holds(0, 1, 2, 5, 6, 7);
        }
        assertEquals(3 * 4, eviction.deletions());
        assertEquals(3, eviction.events());
    }

    @Test
    void sinksAndRecentSlotsAreKept() {
        try (Text text = new Text(eviction(six().withProtection(1, 2)))) {
            text.feed(10).holds(0, 1, 5, 6, 8, 9);
        }
        try (Text text = new Text(eviction(six().withProtection(4, 2)))) {
            text.feed(10).holds(0, 1, 2, 3, 8, 9);
        }
        try (Text text = new Text(eviction(six().withProtection(4, 2)))) {
            text.feed(3).holds(0, 1, 2).feed(1).holds(0, 1, 2, 3);
        }
    }

    @Test
    void aShareOfTheRecentOnesIsKeptBeforeAnyScore() {
        try (Text text = new Text(eviction(six().withRecentShare(0.5)))) {
            text.feed(10).holds(0, 5, 6, 7, 8, 9);
        }
        try (Text text = new Text(eviction(six().withRecentShare(1)))) {
            text.feed(10).holds(4, 5, 6, 7, 8, 9);
        }
    }

    @Test
    void aFloorDeletesWhateverTheBudget() {
        Eviction floor = eviction(EvictionConfig.of(Budget.unlimited()).withFloor(-1));
        assertTrue(floor.deletes());
        try (Text text = new Text(floor)) {
            text.feed(8).holds(0, 1, 5, 6).feed(1).holds(0, 1, 5, 6).feed(2).holds(0, 1, 5, 6, 10);
        }
        try (Text text = new Text(eviction(six().withBudget(Budget.tokens(3)).withFloor(-1)))) {
            text.feed(8).holds(0, 5, 6);
        }
        // one slot stays even if all are below
        try (Text text = new Text(eviction(EvictionConfig.of(Budget.unlimited()).withFloor(0.5)))) {
            text.feed(8).holds(5);
        }
        assertFalse(eviction(EvictionConfig.of(Budget.unlimited())).deletes());
    }

    @Test
    void phases() {
        try (Text text = new Text(eviction(six().withPhase(EvictionConfig.Phase.PREFILL)))) {
            text.feed(7).holds(0, 1, 2, 3, 5, 6).feed(1, 1).holds(0, 1, 2, 3, 5, 6, 7, 8);
        }
        try (Text text = new Text(eviction(six().withPhase(EvictionConfig.Phase.DECODE)))) {
            text.feed(8).holds(0, 1, 2, 3, 4, 5, 6, 7).feed(1).holds(0, 1, 2, 5, 6, 7);
        }
    }

    @Test
    void everySoManyTokens() {
        Eviction eviction = eviction(six().withEvery(3));
        try (Text text = new Text(eviction)) {
            text.feed(7).holds(0, 1, 2, 3, 5, 6);
            assertEquals(3, eviction.events());
            text.feed(1, 1).holds(0, 1, 2, 3, 5, 6, 7, 8);
            assertEquals(3, eviction.events());
            text.feed(1).holds(0, 1, 2, 5, 6, 7);
            assertEquals(6, eviction.events());
        }
    }

    @Test
    void whitelistedTokensAreKeptWhereverTheyStand() {
        try (Text text = new Text(eviction(six().withWhitelist(t -> t == 4 || t == 9)))) {
            text.feed(8).holds(0, 1, 4, 5, 6, 7).feed(3).holds(0, 4, 5, 6, 9, 10);
        }
        // after a rebase positions are no places in the text
        Eviction rebased = eviction(six().withWhitelist(t -> t == 4 || t == 9).withRebase(true));
        try (Text text = new Text(rebased)) {
            text.feed(8).holds(0, 1, 2, 3, 4, 5);
            assertEquals(6, text.cache.nextPosition());
            text.feed(3);
            assertEquals(6, text.cache.nextPosition());
            float[][] left = ((Fives) rebased.scorer()).index.of(new Layer(0, text.cache, null, 0));
            assertArrayEquals(new float[] {0, 4, 5, 6, 9, 10}, left[0]);
        }
    }

    @Test
    void moreThanTheBudgetCannotBeProtected() {
        String said = assertThrows(BadInputException.class, () -> {
                    try (Text text = new Text(eviction(six().withWhitelist(t -> t < 7)))) {
                        text.feed(8);
                    }
                })
                .getMessage();
        assertTrue(said.contains("protect 7 slots") && said.contains("6 tokens keeps 6"), said);
        try (Text text = new Text(eviction(six().withWhitelist(t -> t < 6)))) {
            text.feed(8).holds(0, 1, 2, 3, 4, 5);
        }
        // a share yields: a short text may be protected whole
        EvictionConfig share = EvictionConfig.of(Budget.share(0.25)).withWhitelist(t -> t < 5);
        try (Text text = new Text(eviction(share))) {
            text.feed(8).holds(0, 1, 2, 3, 4);
        }
    }

    @Test
    void layersMayShareUnevenly() {
        Eviction eviction = eviction(EvictionConfig.of(Budget.tokens(10)).withSpread(EvictionConfig.Spread.PYRAMID));
        try (Text text = new Text(eviction)) {
            text.feed(30);
            // from 2 · 10 − 10/20 down to 10/20, which is at least one slot
            assertEquals(19, text.cache.length(0));
            assertEquals(10, text.cache.length(1));
            assertEquals(1, text.cache.length(2));
        }
    }

    /** A scorer is shown every pass, or only those with attention if it asked for some; it is asked for attention only when needed. */
    @Test
    void whatAScorerIsShown() {
        Fives all = new Fives();
        try (Text text = new Text(new Eviction(all, six()))) {
            text.feed(4, 1);
            assertEquals(6, all.shown);
        }
        class Looking extends Fives {
            @Override
            public int queries() {
                return 2;
            }

            @Override
            public boolean everyPass() {
                return false;
            }
        }
        Looking looking = new Looking();
        Eviction late = new Eviction(looking, six().withEvery(3));
        assertSame(looking, late.scorer());
        List<Integer> asked = new ArrayList<>();
        try (Text text = new Text(late)) {
            for (int tokens : new int[] {2, 1, 1, 1, 1}) {
                text.feed(tokens);
                asked.add(late.queries());
            }
        }
        assertEquals(List.of(0, 2, 0, 0, 2), asked);
        assertEquals(2 * 3, looking.shown);
        class Always extends Looking {
            @Override
            public boolean everyPass() {
                return true;
            }
        }
        Eviction always = new Eviction(new Always(), six().withEvery(3));
        assertEquals(2, always.queries());
    }

    @Test
    void headsKeepTheirOwn() {
        SlotScorer byHead = layer -> {
            float[][] worth = new float[2][layer.slots()];
            IntStream.range(0, layer.slots()).forEach(s -> {
                worth[0][s] = s;
                worth[1][s] = -s;
            });
            return worth;
        };
        try (Text text = new Text(new Eviction(byHead, six().withWhitelist(t -> t == 3)))) {
            text.feed(9);
            assertArrayEquals(new int[] {3, 4, 5, 6, 7, 8}, text.cache.positions(1, 0));
            assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5}, text.cache.positions(1, 1));
            text.feed(1);
            assertArrayEquals(new int[] {3, 5, 6, 7, 8, 9}, text.cache.positions(1, 0));
        }
    }

    @Test
    void theLaterItStandsTheMoreItIsWorth() {
        try (Text text = new Text(new Eviction(new Recency(), six().withProtection(1, 0)))) {
            text.feed(9, 1).holds(0, 5, 6, 7, 8, 9);
        }
    }
}

package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Runs.Driver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The cache forgets exactly what it is told to forget, keeps the rest where it was, and counts its bytes. */
class KvCacheTest {
    private static LmConfig config;
    private static Decoder decoder;
    private static final int[] IDS = Tiny.ids(60);

    @BeforeAll
    static void open() {
        decoder = Tiny.decoder();
        config = decoder.config();
    }

    @AfterAll
    static void close() {
        decoder.close();
    }

    private static float[] feed(KvCache cache, Driver driver, int from, int to, Seams seams) {
        return Runs.logits(decoder, driver, Arrays.copyOfRange(IDS, from, to), cache, seams);
    }

    private static float[] feed(KvCache cache, int from, int to) {
        return feed(cache, Driver.STACK, from, to, Seams.none());
    }

    private static void near(String what, float[] reference, float[] ours, double bar) {
        double error = Golden.relativeRms(ours, reference);
        assertTrue(error <= bar, what + ": relative RMS " + error);
    }

    /** Which true positions each head of each layer still holds: the plainest model of a cache. */
    private static final class Alive {
        private final List<List<List<Integer>>> heads = new ArrayList<>();

        Alive() {
            for (int i = 0; i < config.layers(); i++) {
                List<List<Integer>> layer = new ArrayList<>();
                for (int h = 0; h < config.kvHeads(); h++) {
                    layer.add(new ArrayList<>());
                }
                heads.add(layer);
            }
        }

        void add(int from, int to) {
            heads.forEach(layer -> layer.forEach(h -> IntStream.range(from, to).forEach(h::add)));
        }

        /** Slot numbers as KvCache.keep takes them. */
        void keep(int layer, int[][] kept) {
            for (int h = 0; h < config.kvHeads(); h++) {
                List<Integer> own = heads.get(layer).get(h);
                int[] slots = kept[kept.length == 1 ? 0 : h];
                heads.get(layer)
                        .set(
                                h,
                                new ArrayList<>(
                                        Arrays.stream(slots).mapToObj(own::get).toList()));
            }
        }

        /** −∞ on what is gone, for a cache that forgot nothing. */
        Seams.SlotBias bias(NDManager scope) {
            return (layer, slots) -> {
                float[] values = new float[config.kvHeads() * slots];
                Arrays.fill(values, Float.NEGATIVE_INFINITY);
                for (int h = 0; h < config.kvHeads(); h++) {
                    for (int p : heads.get(layer).get(h)) {
                        values[h * slots + p] = 0;
                    }
                }
                return scope.create(values, new Shape(1, config.kvHeads(), 1, slots));
            };
        }

        void check(KvCache cache) {
            for (int i = 0; i < config.layers(); i++) {
                assertEquals(heads.get(i).get(0).size(), cache.length(i));
                for (int h = 0; h < config.kvHeads(); h++) {
                    assertArrayEquals(
                            heads.get(i).get(h).stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray(),
                            cache.positions(i, h),
                            "layer " + i + " head " + h);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void droppedIsHidden(Driver driver) {
        Alive alive = new Alive();
        try (NDManager scope = decoder.newScope();
                KvCache full = decoder.newCache();
                KvCache cache = decoder.newCache()) {
            feed(full, 0, 20);
            feed(cache, 0, 20);
            alive.add(0, 20);
            step(driver, alive, full, cache, scope, 20, 21);

            // by index in one layer, by mask in another, none in the last: three lengths
            cache.drop(0, 1, 5, 20);
            alive.keep(0, new int[][] {without(21, 1, 5, 20)});
            boolean[] gone = new boolean[21];
            gone[0] = gone[7] = gone[8] = gone[12] = true;
            cache.drop(1, gone);
            alive.keep(1, new int[][] {without(21, 0, 7, 8, 12)});
            step(driver, alive, full, cache, scope, 21, 22);
            step(driver, alive, full, cache, scope, 22, 29);

            // different slots for the heads of a layer, and again after more tokens
            int[][] kept = {{0, 2, 3, 11, 24}, {1, 2, 9, 24, 25}};
            cache.keep(0, kept);
            alive.keep(0, kept);
            assertTrue(cache.perHead(0));
            assertFalse(cache.perHead(1));
            step(driver, alive, full, cache, scope, 29, 30);
            step(driver, alive, full, cache, scope, 30, 34);
            cache.drop(0, 1, 6);
            alive.keep(0, new int[][] {without(10, 1, 6)});
            int[][] second = {{1, 4, 5}, {0, 4, 7}};
            cache.keep(2, second);
            alive.keep(2, second);
            step(driver, alive, full, cache, scope, 34, 35);

            // a layer that forgot everything
            cache.keep(1, new int[][] {{}});
            alive.keep(1, new int[][] {{}});
            step(driver, alive, full, cache, scope, 35, 36);
            cache.keep(2, new int[][] {{}, {}});
            alive.keep(2, new int[][] {{}, {}});
            step(driver, alive, full, cache, scope, 36, 41);
            assertEquals(41, cache.nextPosition());
            assertEquals(41, cache.tokensSeen());
        }
    }

    /** Feeds both caches and compares; the full one hides what the other has dropped. */
    private static void step(
            Driver driver, Alive alive, KvCache full, KvCache cache, NDManager scope, int from, int to) {
        alive.add(from, to);
        float[] expected = feed(full, Driver.STACK, from, to, Seams.none().withBias(alive.bias(scope)));
        Runs.Received received = new Runs.Received(config, 1);
        try (KvCache fork = cache.fork()) {
            near("watched", expected, feed(fork, driver, from, to, Seams.none().withWatch(received)), 1e-5);
        }
        near("tokens " + from + " to " + to, expected, feed(cache, driver, from, to, Seams.none()), 1e-5);
        alive.check(cache);
        for (int i = 0; i < config.layers(); i++) {
            assertEquals(config.kvHeads() * cache.length(i), received.layers[i].length);
        }
    }

    private static int[] without(int n, int... gone) {
        return IntStream.range(0, n)
                .filter(s -> Arrays.stream(gone).noneMatch(g -> g == s))
                .toArray();
    }

    @Test
    void keptKeysAndValuesStayAsTheyWere() {
        try (NDManager scope = decoder.newScope();
                KvCache cache = decoder.newCache(5)) {
            feed(cache, 0, 12);
            assertArrayEquals(IntStream.range(5, 17).toArray(), cache.positions(1, 1));
            float[] keys = cache.keys(scope, 1).toFloatArray();
            float[] values = cache.values(scope, 1).toFloatArray();
            int[][] kept = {{0, 3, 4}, {2, 3, 11}};
            cache.keep(1, kept);
            float[] newKeys = cache.keys(scope, 1).toFloatArray();
            float[] newValues = cache.values(scope, 1).toFloatArray();
            int d = config.headDim();
            assertEquals(config.kvHeads() * 3 * d, newKeys.length);
            for (int h = 0; h < config.kvHeads(); h++) {
                for (int s = 0; s < 3; s++) {
                    int from = (h * 12 + kept[h][s]) * d;
                    int to = (h * 3 + s) * d;
                    assertArrayEquals(
                            Arrays.copyOfRange(keys, from, from + d), Arrays.copyOfRange(newKeys, to, to + d));
                    assertArrayEquals(
                            Arrays.copyOfRange(values, from, from + d), Arrays.copyOfRange(newValues, to, to + d));
                }
            }
            assertArrayEquals(new int[] {5, 8, 9}, cache.positions(1, 0));
            assertArrayEquals(new int[] {7, 8, 16}, cache.positions(1, 1));
            assertEquals(12, cache.length(0));
        }
    }

    @Test
    void forksAreIndependentBothWays() {
        try (KvCache cache = decoder.newCache();
                KvCache untouched = decoder.newCache()) {
            feed(cache, 0, 15);
            feed(untouched, 0, 15);
            cache.keep(1, new int[][] {{0, 1, 9}, {0, 2, 8}});
            untouched.keep(1, new int[][] {{0, 1, 9}, {0, 2, 8}});
            KvCache fork = cache.fork();
            float[] expected;
            try (KvCache second = cache.fork()) {
                expected = feed(second, 20, 27);
            }
            feed(fork, 40, 50);
            fork.drop(0, 3, 4);
            assertArrayEquals(feed(untouched, 15, 18), feed(cache, 15, 18), 0f);
            cache.drop(2, 0, 1, 2);
            fork.close();
            // what the original does is not seen by the fork either, nor its end
            KvCache other;
            try (KvCache base = decoder.newCache()) {
                feed(base, 0, 15);
                base.keep(1, new int[][] {{0, 1, 9}, {0, 2, 8}});
                other = base.fork();
                feed(base, 30, 40);
                base.drop(0, 0, 1);
            }
            try (other) {
                assertEquals(15, other.nextPosition());
                assertArrayEquals(new int[] {0, 2, 8}, other.positions(1, 1));
                assertArrayEquals(expected, feed(other, 20, 27), 0f);
            }
        }
    }

    @Test
    void bytesFollowTheSlots() {
        long slot = 2L * config.kvHeads() * config.headDim() * 4;
        try (KvCache cache = decoder.newCache()) {
            assertEquals(slot, cache.bytesPerSlot());
            assertEquals(0, cache.bytesUsed());
            assertEquals(0, cache.bytesHeld());
            feed(cache, 0, 50);
            assertEquals(slot * 50 * config.layers(), cache.bytesUsed());
            assertEquals(config.kvBytesPerToken(4) * 50, cache.bytesUsed());
            assertBetween(cache.bytesUsed(), cache.bytesHeld(), cache.bytesUsed() + 64 * slot * config.layers());
            feed(cache, 0, 60);
            feed(cache, 0, 60);
            assertEquals(slot * 170 * config.layers(), cache.bytesUsed());
            long before = cache.bytesHeld();
            cache.keep(0, new int[][] {{0, 100, 169}});
            assertEquals(slot * (170 * (config.layers() - 1) + 3), cache.bytesUsed());
            assertBetween(before - slot * 192, cache.bytesHeld(), before - slot * (170 - 3 - 64));
            cache.drop(1, IntStream.range(0, 169).toArray());
            assertEquals(slot * (170 + 3 + 1), cache.bytesUsed());
            assertBetween(cache.bytesUsed(), cache.bytesHeld(), cache.bytesUsed() + 64 * slot * config.layers());
        }
    }

    private static void assertBetween(long low, long value, long high) {
        assertTrue(low <= value && value <= high, low + " ≤ " + value + " ≤ " + high);
    }

    @Test
    void reservedRoomIsNotGrownAgain() {
        try (KvCache cache = decoder.newCache();
                KvCache plain = decoder.newCache()) {
            feed(cache, 0, 5);
            feed(plain, 0, 5);
            cache.reserve(200);
            long held = cache.bytesHeld();
            assertEquals(cache.bytesPerSlot() * config.layers() * 205, held);
            for (int t = 5; t < 60; t++) {
                assertArrayEquals(feed(plain, t, t + 1), feed(cache, t, t + 1), 0f);
            }
            feed(cache, 0, 60);
            assertEquals(held, cache.bytesHeld());
            assertEquals(120, cache.nextPosition());
        }
    }

    @Test
    void badSlotsAreRefusedAndChangeNothing() {
        try (KvCache cache = decoder.newCache()) {
            feed(cache, 0, 10);
            List<int[][]> bad = List.of(
                    new int[][] {{3, 2}},
                    new int[][] {{2, 2}},
                    new int[][] {{-1, 2}},
                    new int[][] {{2, 10}},
                    new int[][] {{1, 2}, {1}},
                    new int[][] {{1, 2}, {1, 2}, {1, 2}},
                    new int[][] {});
            for (int[][] kept : bad) {
                assertThrows(IllegalArgumentException.class, () -> cache.keep(0, kept), Arrays.deepToString(kept));
            }
            assertThrows(IllegalArgumentException.class, () -> cache.drop(0, 10));
            assertThrows(IllegalArgumentException.class, () -> cache.drop(0, -1));
            assertThrows(IllegalArgumentException.class, () -> cache.drop(0, new boolean[9]));
            assertThrows(IllegalArgumentException.class, () -> cache.drop(0, new boolean[11]));
            assertEquals(10, cache.length(0));
            assertArrayEquals(IntStream.range(0, 10).toArray(), cache.positions(0, 0));
        }
        try (KvCache padded = decoder.newCache(2, new int[] {0, 3})) {
            try (NDManager scope = decoder.newScope()) {
                decoder.forward(scope, new int[][] {{1, 2, 3, 4}, {0, 0, 0, 5}}, padded, Seams.none());
            }
            assertThrows(IllegalStateException.class, () -> padded.drop(0, 1));
        }
    }

    @Test
    void aBatchForgetsAlike() {
        // the same slots go in every row; each row is then the single sequence that dropped them
        int[][] rows = {Arrays.copyOfRange(IDS, 0, 12), Arrays.copyOfRange(IDS, 20, 32)};
        int[][] kept = {{0, 4, 5, 11}, {1, 4, 6, 10}};
        try (NDManager scope = decoder.newScope();
                KvCache batch = decoder.newCache(2, null)) {
            decoder.forward(scope, rows, batch, Seams.none());
            batch.keep(1, kept);
            float[] both = decoder.logits(scope, decoder.forward(scope, new int[][] {{7}, {9}}, batch, Seams.none()), 0)
                    .toFloatArray();
            for (int r = 0; r < 2; r++) {
                try (KvCache single = decoder.newCache()) {
                    Runs.logits(decoder, Driver.STACK, rows[r], single, Seams.none());
                    single.keep(1, kept);
                    float[] one = Runs.logits(decoder, Driver.STACK, new int[] {r == 0 ? 7 : 9}, single, Seams.none());
                    near("row " + r, one, Arrays.copyOfRange(both, r * one.length, (r + 1) * one.length), 1e-5);
                }
            }
        }
    }

    @Test
    void rebasedKeysAreThoseOfTheKeptTokensAlone() {
        // the keys of layer 0 depend on the token and its position only
        int[][][] sets = {
            {without(20, 1, 5, 6, 12)}, {without(20, 0, 3, 7, 19), without(20, 4, 5, 9, 18)},
        };
        for (int[][] kept : sets) {
            for (int longer : new int[] {0, 3}) { // the other layers are longer by as much
                try (NDManager scope = decoder.newScope();
                        KvCache cache = decoder.newCache(2)) {
                    feed(cache, 0, 20);
                    cache.keep(0, kept);
                    cache.drop(1, IntStream.range(0, 4 - longer).toArray());
                    cache.drop(2, IntStream.range(8, 12).toArray());
                    cache.rebase();
                    assertEquals(18 + longer, cache.nextPosition());
                    assertEquals(20, cache.tokensSeen());
                    rebasedEqualFresh(scope, cache, kept, 2 + longer);
                    // and again, with new tokens between
                    feed(cache, 20, 24);
                    cache.drop(0, 2, 16);
                    cache.drop(1, 0, 1);
                    cache.drop(2, 0, 1);
                    cache.rebase();
                    int[][] second = Arrays.stream(kept)
                            .map(own -> IntStream.concat(
                                            IntStream.range(0, 16)
                                                    .filter(s -> s != 2)
                                                    .map(s -> own[s]),
                                            IntStream.range(21, 24))
                                    .toArray())
                            .toArray(int[][]::new);
                    rebasedEqualFresh(scope, cache, second, 2 + longer);
                }
            }
        }
    }

    /** Layer 0 of a rebased cache and that of caches which were fed nothing but its tokens. */
    private static void rebasedEqualFresh(NDManager scope, KvCache cache, int[][] tokens, int first) {
        float[] keys = cache.keys(scope, 0).toFloatArray();
        int size = keys.length / config.kvHeads();
        for (int h = 0; h < config.kvHeads(); h++) {
            int[] own = tokens[tokens.length == 1 ? 0 : h];
            assertArrayEquals(IntStream.range(first, first + own.length).toArray(), cache.positions(0, h), "head " + h);
            try (KvCache fresh = decoder.newCache(first)) {
                int[] ids = Arrays.stream(own).map(t -> IDS[t]).toArray();
                Runs.logits(decoder, Driver.STACK, ids, fresh, Seams.none());
                float[] expected = fresh.keys(scope, 0).toFloatArray();
                near(
                        "head " + h,
                        Arrays.copyOfRange(expected, h * size, (h + 1) * size),
                        Arrays.copyOfRange(keys, h * size, (h + 1) * size),
                        1e-5);
            }
        }
    }
}

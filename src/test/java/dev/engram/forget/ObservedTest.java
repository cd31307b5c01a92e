package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.CachePolicy;
import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.KvCache;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Seams;
import dev.engram.model.WithTinyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the watcher of a policy reports, with invented attention and by hand; and that it changes nothing. */
class ObservedTest extends WithTinyDecoder {
    /** Keeps every other slot of the first layer, waits as long as it is told, and remembers what it was shown. */
    private static final class EveryOther implements CachePolicy {
        private final int asks;
        private final long nanos;
        private final List<float[][]> shown = new ArrayList<>();
        private final List<Integer> before = new ArrayList<>();
        private int after;

        EveryOther(int asks, long nanos) {
            this.asks = asks;
            this.nanos = nanos;
        }

        private void work() {
            long end = System.nanoTime() + nanos;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        }

        @Override
        public int queries() {
            return asks;
        }

        @Override
        public Seams equip(Seams seams) {
            return seams.withBias((layer, slots) -> null);
        }

        @Override
        public void before(KvCache cache, int tokens) {
            before.add(tokens);
        }

        @Override
        public int[][] keep(Layer layer) {
            work();
            shown.add(layer.received());
            if (layer.index() > 0) {
                return layer.index() == 1 ? null : new int[][] {all(layer.slots(), 1)};
            }
            return new int[][] {all((layer.slots() + 1) / 2, 2)};
        }

        private static int[] all(int n, int step) {
            int[] slots = new int[n];
            for (int i = 0; i < n; i++) {
                slots[i] = i * step;
            }
            return slots;
        }

        @Override
        public void after(KvCache cache) {
            work();
            after++;
        }
    }

    @Test
    void deletionsBytesAndTime() {
        EveryOther policy = new EveryOther(0, 3_000_000);
        Observed observed = new Observed(policy, false);
        try (KvCache cache = decoder.newCache()) {
            PolicyRunner runner = new PolicyRunner(observed, cache);
            Seams seams = runner.listen(Seams.none());
            assertNotNull(seams.bias(), "the policy's plug-ins pass");
            assertEquals(0, observed.queries());
            runner.before(9);
            feed(cache, 9);
            long held = cache.bytesHeld();
            runner.apply(9);
            assertEquals(held, observed.bytesPeak());
            runner.before(2);
            feed(cache, 2);
            runner.apply(2);
            assertTrue(observed.bytesPeak() >= held);
        }
        assertEquals(
                List.of(new Deletion(9, 0, 4), new Deletion(11, 0, 3)),
                observed.deletions(),
                "what keeps all deletes nothing");
        assertEquals(List.of(9, 2), policy.before);
        assertEquals(2, policy.after);
        // four calls a pass of 3 ms each, and the deletions between them
        assertTrue(observed.seconds() >= 8 * 0.003, observed.seconds() + " s");
        assertTrue(observed.seconds() < 600, observed.seconds() + " s");
        assertEquals(List.of(), observed.attention(t -> ""));
    }

    /** The watcher's attention is not the policy's: one that asked for none is given none. */
    @Test
    void onlyWhoAskedIsShownAttention() {
        for (int asks : new int[] {0, 3}) {
            EveryOther policy = new EveryOther(asks, 0);
            Observed observed = new Observed(policy, true);
            assertEquals(asks, observed.queries(), "before a token");
            try (KvCache cache = decoder.newCache()) {
                observed.before(cache, 4);
                assertEquals(asks, observed.queries(), "a prompt is not looked at");
                observed.before(cache, 1);
                assertEquals(Math.max(asks, 1), observed.queries());
                feed(cache, 1);
                float[][] received = {{1}, {1}};
                assertArrayEquals(new int[][] {{0}}, observed.keep(new Layer(0, cache, received, 1)));
                if (asks == 0) {
                    assertNull(policy.shown.get(0));
                } else {
                    assertArrayEquals(received, policy.shown.get(0));
                }
            }
        }
        Observed alone = new Observed(null, true);
        assertEquals(0, alone.queries());
        Seams seams = Seams.none();
        assertEquals(seams, alone.equip(seams));
        try (KvCache cache = decoder.newCache()) {
            alone.before(cache, 1);
            assertEquals(1, alone.queries());
            feed(cache, 1);
            assertNull(alone.keep(new Layer(0, cache, new float[][] {{1}, {1}}, 1)));
            alone.after(cache);
            assertEquals(1, alone.attention(t -> "x").get(0).top().get(0).share(), 1e-6);
        }
        assertEquals(0, new Observed(null, false).queries());
    }

    /** 40 tokens, the last one looks: 4 sinks, 32 recent ones, 4 between; then one is deleted and the next one looks. */
    @Test
    void whereAttentionWent() {
        AttentionSummary summary = new AttentionSummary();
        try (KvCache cache = decoder.newCache()) {
            feed(cache, 39);
            summary.born(new Layer(0, cache, null, 39));
            feed(cache, 1);
            float[][] look = new float[2][40];
            look[0][0] = 0.5f; // a sink
            look[0][5] = 0.25f; // between
            look[0][39] = 0.25f; // recent
            look[1][3] = 0.5f; // the last sink
            look[1][8] = 0.5f; // the first recent one
            Layer layer = new Layer(0, cache, look, 1);
            summary.born(layer);
            summary.add(layer);
            LayerAttention one = summary.layers(t -> "t" + t).get(0);
            assertEquals(0, one.layer());
            assertEquals(0.5, one.sinks(), 1e-6);
            assertEquals((0.25 + 0.5) / 2, one.recent(), 1e-6);
            assertEquals(0.125, one.rest(), 1e-6);
            assertEquals((1.5 + 1) / 2, one.entropyBits(), 1e-6, "half, quarter, quarter; half and half");
            assertEquals(5, one.top().size());
            assertEquals(new LayerAttention.Top(0, "t0", 0.25), one.top().get(0));
            assertEquals(0.125, one.top().get(4).share(), 1e-6);

            // slot 5 goes: slot 7 is token 8 from now on
            int[][] kept = {IntStream.range(0, 40).filter(s -> s != 5).toArray()};
            cache.keep(0, kept);
            summary.kept(0, kept);
            feed(cache, 1);
            float[][] next = new float[2][40];
            next[0][7] = 1;
            next[1][7] = 1;
            Layer later = new Layer(0, cache, next, 1);
            summary.born(later);
            summary.add(later);
            LayerAttention two = summary.layers(t -> "t" + t).get(0);
            assertEquals(
                    new LayerAttention.Top(8, "t8", (0.5 + 2) / 4), two.top().get(0));
            assertEquals(0.25, two.sinks(), 1e-6);
            assertEquals((0.75 + 0) / 4, two.recent(), 1e-6, "token 8 has left the last 32");
            assertEquals((0.25 + 2) / 4, two.rest(), 1e-6);
        }
    }
}

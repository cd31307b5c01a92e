package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.KvCache;
import dev.engram.model.WithTinyDecoder;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The curve against numbers worked out by hand: the attention is invented, the cache only counts tokens. */
class EbbinghausTest extends WithTinyDecoder {
    /** What each of six tokens looks at; the example of notebook 01. */
    private static final float[][] LOOKS = {
        {1},
        {0.6f, 0.4f},
        {0.5f, 0.3f, 0.2f},
        {0.3f, 0.4f, 0.1f, 0.2f},
        {0.5f, 0.1f, 0.1f, 0.2f, 0.1f},
        {0.6f, 0.1f, 0.1f, 0.1f, 0.05f, 0.05f}
    };

    /** The seed's rule twenty times as fast: t + 1 for each token, rehearsed from 0.15 on. */
    private static final EbbinghausConfig FAST =
            EbbinghausConfig.documented().withTimeConstant(5).withRehearsal(0.15, 1);

    private static Layer look(KvCache cache, int layer, float... attention) {
        return new Layer(layer, cache, new float[][] {attention}, 1);
    }

    private static void same(double[] expected, float[] found) {
        double[] wide =
                IntStream.range(0, found.length).mapToDouble(i -> found[i]).toArray();
        assertArrayEquals(expected, wide, 1e-5);
    }

    @Test
    void sixTokensByHand() {
        Ebbinghaus curve = new Ebbinghaus(FAST);
        try (KvCache cache = decoder.newCache()) {
            for (float[] row : LOOKS) {
                feed(cache, 1);
                curve.observe(look(cache, 0, row));
            }
            Layer layer = look(cache, 0, LOOKS[5]);
            same(new double[] {8.5, 6.3, 5.5, 5.5, 5.15, 5.05}, curve.strengths(layer)[0]);
            same(new double[] {0, -2 / 6.3, -3 / 5.5, -1 / 5.5, -1 / 5.15, 0}, curve.score(layer)[0]);
        }
    }

    @Test
    void everyLayerHasItsOwnMemory() {
        Ebbinghaus curve = new Ebbinghaus(FAST);
        try (KvCache cache = decoder.newCache()) {
            feed(cache, 1);
            curve.observe(look(cache, 0, 1));
            curve.observe(look(cache, 1, 0));
            feed(cache, 1);
            curve.observe(look(cache, 0, 0.1f, 0.9f));
            curve.observe(look(cache, 1, 0.9f, 0.1f));
            same(new double[] {6.1, 5.9}, curve.strengths(look(cache, 0, 0, 0))[0]);
            same(new double[] {-1 / 6.1, 0}, curve.score(look(cache, 0, 0, 0))[0]);
            same(new double[] {5.9, 5.1}, curve.strengths(look(cache, 1, 0, 0))[0]);
            same(new double[] {0, 0}, curve.score(look(cache, 1, 0, 0))[0]);
        }
    }

    /** "lost" and "key" go after the fourth token; what is known of the others moves up with them, in this layer alone. */
    @Test
    void memoriesStayInStepWithTheirSlots() {
        Ebbinghaus curve = new Ebbinghaus(FAST);
        int[][] kept = {{0, 2}};
        try (KvCache cache = decoder.newCache()) {
            for (int now = 0; now < 4; now++) {
                feed(cache, 1);
                curve.observe(look(cache, 0, LOOKS[now]));
                curve.observe(look(cache, 1, LOOKS[now]));
            }
            cache.keep(0, kept);
            curve.kept(0, kept);
            feed(cache, 1);
            curve.observe(look(cache, 0, 0.5f, 0.1f, 0.4f));
            curve.observe(look(cache, 1, LOOKS[4]));
            same(new double[] {7.9, 5.4, 5.4}, curve.strengths(look(cache, 0, 0, 0, 0))[0]);
            same(new double[] {0, -2 / 5.4, 0}, curve.score(look(cache, 0, 0, 0, 0))[0]);
            same(new double[] {7.9, 6.2, 5.4, 5.4, 5.1}, curve.strengths(look(cache, 1, new float[5]))[0]);
        }
    }

    /** 5 ln 100 = 23.03 is passed after 461 steps of 0.05. */
    @Test
    void theDocumentedConstantsDeleteFromAge461On() {
        EbbinghausConfig documented = EbbinghausConfig.documented();
        int first = documented.tokensUntil(0.01);
        assertEquals(461, first);
        Ebbinghaus curve = new Ebbinghaus(documented);
        try (KvCache cache = decoder.newCache()) {
            feed(cache, 1);
            curve.observe(look(cache, 0, 0));
            for (int age = 1; age <= first; age++) {
                feed(cache, 1);
                Layer layer = look(cache, 0, new float[age + 1]);
                curve.observe(layer);
                assertEquals(age == first, curve.score(layer)[0][0] < Math.log(0.01), "age " + age);
            }
        }
    }

    @Test
    void tokensUntilIsTheFirstThatIsBelow() {
        for (double constant : new double[] {1, 7.5, 40, 100, 500}) {
            int first = EbbinghausConfig.plain(constant).tokensUntil(0.01);
            assertTrue(Math.exp(-first / constant) < 0.01 && Math.exp(-(first - 1) / constant) >= 0.01);
            assertEquals(constant, EbbinghausConfig.plain(constant).timeConstant(), 1e-12);
        }
    }

    /** Attention in multiples of the average: what all get alike rehearses at any length of the text. */
    @Test
    void theRelativeGateAsksTheSameAtEveryLength() {
        for (int tokens : new int[] {10, 200}) {
            Ebbinghaus relative = new Ebbinghaus(EbbinghausConfig.plain(40));
            Ebbinghaus fixed = new Ebbinghaus(EbbinghausConfig.documented());
            float[] even = new float[tokens];
            Arrays.fill(even, 1.0001f / tokens);
            try (KvCache cache = decoder.newCache()) {
                feed(cache, tokens - 1);
                relative.observe(new Layer(0, cache, new float[1][tokens - 1], tokens - 1));
                fixed.observe(new Layer(0, cache, new float[1][tokens - 1], tokens - 1));
                feed(cache, 1);
                relative.observe(look(cache, 0, even));
                fixed.observe(look(cache, 0, even));
                assertEquals(0, relative.score(look(cache, 0, even))[0][0], 1e-9);
                assertEquals(tokens <= 100, fixed.score(look(cache, 0, even))[0][0] == 0);
            }
        }
    }
}

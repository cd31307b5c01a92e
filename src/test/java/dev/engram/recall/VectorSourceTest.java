package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.BadInputException;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Vectors of texts: the model's own states, batched as alone, and an embedder with a projector. */
class VectorSourceTest extends WithTinyRecall {
    private static final List<String> TEXTS =
            List.of("Ada sails to Ruavei.", "Bo.", "A much longer text about a lighthouse and its keeper.");

    private static List<HiddenStateSource> sources() {
        return List.of(
                HiddenStateSource.seed(tiny.lm.decoder(), tiny.lm.tokenizer()),
                HiddenStateSource.finalMean(tiny.lm.decoder(), tiny.lm.tokenizer()),
                HiddenStateSource.layerMean(tiny.lm.decoder(), tiny.lm.tokenizer(), 1));
    }

    @Test
    void aBatchGivesWhatSingleTextsGive() {
        for (HiddenStateSource source : sources()) {
            List<float[]> together = source.vectors(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                assertArrayEquals(source.vectors(List.of(TEXTS.get(i))).get(0), together.get(i), 2e-5f, source.name());
            }
        }
        assertEquals(
                List.of("last token", "mean", "mean of layer 1"),
                sources().stream().map(HiddenStateSource::name).toList());
    }

    @Test
    void poolingByHand() {
        int[] ids = tiny.lm.tokenizer().encode(TEXTS.get(0));
        int width = tiny.lm.config().hidden();
        try (NDManager scope = tiny.lm.decoder().newScope();
                KvCache cache = tiny.lm.decoder().newCache()) {
            NDArray hidden = tiny.lm.decoder().forward(scope, new int[][] {ids}, cache, Seams.none());
            float[] states = tiny.lm.decoder().normalised(scope, hidden).toFloatArray();
            float[] last = Arrays.copyOfRange(states, states.length - width, states.length);
            assertArrayEquals(last, sources().get(0).vectors(TEXTS).get(0), 2e-5f);
            List<float[]> all = new ArrayList<>();
            for (int t = 0; t < ids.length; t++) {
                all.add(Arrays.copyOfRange(states, t * width, (t + 1) * width));
            }
            assertArrayEquals(
                    Centring.mean(all), sources().get(1).vectors(TEXTS).get(0), 2e-5f);
        }
        // one layer of two has run; the first token is left out
        List<float[]> seen = new ArrayList<>();
        try (NDManager scope = tiny.lm.decoder().newScope();
                KvCache cache = tiny.lm.decoder().newCache()) {
            tiny.lm
                    .decoder()
                    .forward(scope, new int[][] {ids}, cache, Seams.none().withHook(new Seams.HiddenHook() {
                        @Override
                        public NDArray afterLayer(int layer, NDArray x) {
                            for (int t = 1; t < ids.length && layer == 0; t++) {
                                seen.add(Arrays.copyOfRange(x.toFloatArray(), t * width, (t + 1) * width));
                            }
                            return x;
                        }
                    }));
        }
        assertArrayEquals(Centring.mean(seen), sources().get(2).vectors(TEXTS).get(0), 2e-5f);
    }

    @Test
    void layersAndTextsThatDoNotExist() {
        assertThrows(
                BadInputException.class, () -> HiddenStateSource.layerMean(tiny.lm.decoder(), tiny.lm.tokenizer(), 3));
        assertThrows(BadInputException.class, () -> sources().get(0).vectors(List.of("x")));
    }

    @Test
    void anEmbedderWithAProjector() {
        List<String> texts = IntStream.range(0, 60)
                .mapToObj(i -> "Person" + i + " keeps thing" + i * 7 + " in town" + i % 9 + ".")
                .toList();
        List<float[]> target = texts.stream()
                .map(t -> HeadParameters.direction(8, t.hashCode()))
                .toList();
        ProjectedEmbedder source = ProjectedEmbedder.fit(new HashedWords(256), texts, target, 1e-4);
        assertEquals(8, source.width());
        assertEquals("projected hashed words 256", source.name());
        List<float[]> fitted = source.vectors(texts);
        for (int i = 0; i < texts.size(); i++) {
            assertArrayEquals(target.get(i), fitted.get(i), 0.05f);
        }
        // a question that shares the name finds its memory
        MemoryBank bank = MemoryBank.of(
                "m",
                source,
                Centring.none(8),
                texts.stream().map(t -> Memory.of(t, t)).toList());
        assertEquals(60, bank.size());
        float[] embedded = new HashedWords(256).embed("Where does Person17 keep it?");
        double own = dot(embedded, new HashedWords(256).embed(texts.get(17)));
        assertTrue(own > dot(embedded, new HashedWords(256).embed(texts.get(30))));
        assertThrows(
                BadInputException.class,
                () -> ProjectedEmbedder.fit(new HashedWords(16), texts, target.subList(0, 3), 1));
        assertThrows(BadInputException.class, () -> new HashedWords(0));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}

package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.world.Fact;
import dev.engram.world.World;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whether bge finds the fact, and its passage, that a question of Halcyon asks for. {@code bench retrieve} asks all of them. */
@Tag("default-model")
class HalcyonRetrievalTest {
    private static final Bootstrap BOOTSTRAP = Bootstrap.seeded(1);

    private static final World WORLD = World.load(Path.of("data/halcyon"));

    /** The trivial baseline: the same vector for the same words, and nothing else. */
    private static EmbeddingModel words() {
        return new EmbeddingModel() {
            @Override
            public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
                return Response.from(segments.stream()
                        .map(s -> {
                            float[] v = new float[4096];
                            for (String w : s.text().toLowerCase().split("\\W+")) {
                                v[Math.floorMod(w.hashCode(), v.length)] += 1;
                            }
                            return Embedding.from(v);
                        })
                        .toList());
            }
        };
    }

    @Test
    void theRightFactAndTheRightPassage() {
        List<Fact> facts = WORLD.facts("heldout").subList(0, 150);
        List<GoldRanks.Row> bge = new GoldRanks(Embedders.english(), WORLD).ask(facts);
        List<GoldRanks.Row> base = new GoldRanks(words(), WORLD).ask(facts);
        assertEquals(300, bge.size());
        for (boolean passage : new boolean[] {false, true}) {
            for (int k : new int[] {1, 5}) {
                Interval own = GoldRanks.recallAt(k, bge, passage, BOOTSTRAP);
                Interval trivial = GoldRanks.recallAt(k, base, passage, BOOTSTRAP);
                System.out.println(
                        (passage ? "passage" : "statement") + " R@" + k + ": bge " + own + ", words " + trivial);
                assertTrue(own.low() > 50.0 * k / WORLD.facts().size(), own + " against chance");
            }
        }
    }
}

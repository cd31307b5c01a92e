package dev.engram.retrieve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Message;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is chosen, weighed, forgotten and rejected, on vectors that can be checked by hand. */
class StrategiesTest {
    /** Query (1, 0); a and its twin lie close to it, b a little off, c at a right angle, d opposite. */
    private static final Map<String, float[]> VECTORS = Map.of(
            "query", new float[] {2, 0},
            "a", new float[] {0.96f, 0.28f},
            "twin", new float[] {0.95f, 0.29f},
            "b", new float[] {0.8f, -0.6f},
            "c", new float[] {0, 1},
            "d", new float[] {-1, 0});

    private final ExactStore store = new ExactStore();
    private final EmbeddingRetriever topK =
            new EmbeddingRetriever(Fixed.model(VECTORS), store, new RetrievalStrategy.TopK());

    @AfterEach
    void close() {
        store.close();
    }

    private void fill() {
        List<String> texts = List.of("d", "c", "b", "twin", "a");
        topK.addAll(texts.stream().map(t -> "id-" + t).toList(), texts);
    }

    private static List<String> texts(List<Hit> hits) {
        return hits.stream().map(Hit::text).toList();
    }

    @Test
    void theBestTheSimilarAndTheDiverse() {
        fill();
        assertEquals(List.of("a", "twin", "b"), texts(topK.retrieve("query", 3)));
        Hit first = topK.retrieve("query", 1).get(0);
        assertEquals("id-a", first.id());
        assertEquals(0.96, first.score(), 1e-6);
        assertEquals(5, topK.retrieve("query", 9).size());

        EmbeddingRetriever similar = topK.with(new RetrievalStrategy.Threshold(0.9));
        assertEquals(List.of("a", "twin"), texts(similar.retrieve("query", 3)));
        assertEquals(List.of("a"), texts(similar.retrieve("query", 1)));
        assertTrue(topK.with(new RetrievalStrategy.Threshold(0.99))
                .retrieve("query", 3)
                .isEmpty());

        // second choice at relevance 0.5: twin 0.475 − 0.5·0.9996…, b 0.4 − 0.5·0.6, so b
        EmbeddingRetriever diverse = topK.with(new RetrievalStrategy.Diverse(0.5, 5));
        assertEquals(List.of("a", "b"), texts(diverse.retrieve("query", 2)));
        EmbeddingRetriever same = topK.with(new RetrievalStrategy.Diverse(1, 5));
        assertEquals(texts(topK.retrieve("query", 4)), texts(same.retrieve("query", 4)));
        EmbeddingRetriever narrow = topK.with(new RetrievalStrategy.Diverse(0.5, 1));
        assertEquals(List.of("a", "twin"), texts(narrow.retrieve("query", 2)));

        topK.remove("id-a");
        assertEquals(List.of("twin"), texts(topK.retrieve("query", 1)));
        assertThrows(BadInputException.class, () -> topK.retrieve("query", 0));
        assertThrows(BadInputException.class, () -> topK.addAll(List.of("x"), List.of()));
        assertThrows(BadInputException.class, () -> new RetrievalStrategy.Threshold(1.5));
        assertThrows(BadInputException.class, () -> new RetrievalStrategy.Diverse(2, 1));
    }

    @Test
    void diverseIsMaximalMarginalRelevanceByItsDefinition() {
        SplittableRandom random = new SplittableRandom(3);
        var vectors = Fixed.clustered(30, 6, 4);
        store.addAll(Fixed.ids(0, 30), vectors, Fixed.texts(0, 30));
        float[] q = {1, 2, 0, -1, 0.5f, 0};
        EmbeddingModel model = Fixed.model(Map.of("q", q));
        double relevance = random.nextDouble();
        List<String> got = new EmbeddingRetriever(model, store, new RetrievalStrategy.Diverse(relevance, 30))
                .retrieve("q", 8).stream().map(Hit::id).toList();
        List<String> wanted = new java.util.ArrayList<>();
        while (wanted.size() < 8) {
            String best = null;
            double value = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < 30; i++) {
                if (wanted.contains("r" + i)) {
                    continue;
                }
                double nearest = wanted.isEmpty() ? 0 : -1;
                for (String w : wanted) {
                    nearest = Math.max(
                            nearest,
                            cos(vectors.get(i).vector(), vectors.get(number(w)).vector()));
                }
                double v = relevance * cos(q, vectors.get(i).vector()) - (1 - relevance) * nearest;
                if (v > value) {
                    value = v;
                    best = "r" + i;
                }
            }
            wanted.add(best);
        }
        assertEquals(wanted, got);
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring(1));
    }

    private static double cos(float[] a, float[] b) {
        return Vectors.dot(Vectors.unit(a), Vectors.unit(b));
    }

    @Test
    void twoStages() {
        fill();
        // the fine model thinks otherwise of what the coarse one found
        EmbeddingModel fine = Fixed.model(Map.of(
                "query", new float[] {1, 0},
                "a", new float[] {0, 1},
                "twin", new float[] {1, 1},
                "b", new float[] {1, 0},
                "c", new float[] {1, 0.1f}));
        CoarseToFine two = new CoarseToFine(topK, fine, 2);
        List<Hit> hits = two.retrieve("query", 2);
        assertEquals(List.of("b", "c"), texts(hits));
        assertEquals(1, hits.get(0).score(), 1e-6);
        assertEquals(
                List.of("twin"), texts(two.retrieve("query", 1)), "b is not among the two best of the first stage");
        assertThrows(BadInputException.class, () -> new CoarseToFine(topK, fine, 0));
    }

    @Test
    void weightsFollowTheTemperature() {
        List<Hit> hits = List.of(new Hit("1", "", 0.8), new Hit("2", "", 0.6));
        double[] w = new AdaptiveIntegration(0.5).weights(hits);
        double odds = Math.exp(0.8 / 0.5) / Math.exp(0.6 / 0.5); // softmax by its definition
        assertArrayEquals(new double[] {odds / (1 + odds), 1 / (1 + odds)}, w, 1e-12);
        assertArrayEquals(new double[] {1, 0}, new AdaptiveIntegration(1e-4).weights(hits), 1e-12);
        assertArrayEquals(new double[] {0.5, 0.5}, new AdaptiveIntegration(1e6).weights(hits), 1e-6);
        assertEquals(0, new AdaptiveIntegration(1).weights(List.of()).length);
        assertArrayEquals(
                new float[] {1.5f, 1},
                AdaptiveIntegration.weightedSum(
                        new double[] {0.25, 0.75}, List.of(new float[] {3, 4}, new float[] {1, 0})),
                1e-6f);
        assertThrows(BadInputException.class, () -> new AdaptiveIntegration(0));
        assertThrows(BadInputException.class, () -> AdaptiveIntegration.weightedSum(new double[1], List.of()));
    }

    @Test
    void theLeastUsedGoesFirst() {
        UsageCounts counts = new UsageCounts(topK, 3);
        assertEquals(Optional.empty(), counts.add("a", "a"));
        counts.add("b", "b");
        counts.add("c", "c");
        counts.retrieve("query", 2); // a and b
        counts.use("c");
        counts.use("c");
        assertEquals(List.of(1L, 1L, 2L), List.of(counts.count("a"), counts.count("b"), counts.count("c")));
        assertEquals(Optional.of("a"), counts.add("twin", "twin"), "of a and b, used once each, the older");
        assertEquals(List.of("twin", "b", "c"), texts(topK.retrieve("query", 9)));
        assertEquals(Optional.empty(), counts.add("c", "d"), "a change evicts nobody");
        assertEquals(2, counts.count("c"));
        assertEquals(List.of("twin", "b", "d"), texts(topK.retrieve("query", 9)));
        assertEquals(Optional.of("twin"), counts.evictLeastUsed());
        assertEquals(2, counts.size());
        assertThrows(BadInputException.class, () -> counts.use("a"));
        assertThrows(BadInputException.class, () -> new UsageCounts(topK, 0));
    }

    @Test
    void overlapsByHand() {
        assertEquals(1, LeakFilter.overlap("The cat sat, on the mat!", "the CAT sat on the mat"), 1e-12);
        assertEquals(4 / 5.0, LeakFilter.overlap("the cat sat down", "the cat sat right down"), 1e-12);
        assertEquals(0, LeakFilter.overlap("one two", "three"), 1e-12);
        assertEquals(0, LeakFilter.overlap("one", ""), 1e-12);
        assertEquals(0.75, LeakFilter.overlap("港口在北边", "港在北方"), 1e-12, "Chinese by characters: 港 在 北 of 4");
        // two words of the reference 4 places apart are inside the window 2·|r| = 4, 5 places apart are not
        assertEquals(1, LeakFilter.overlap(new int[] {1, 0, 0, 0, 2}, new int[] {1, 2}), 1e-12);
        assertEquals(0.5, LeakFilter.overlap(new int[] {1, 0, 0, 0, 0, 2}, new int[] {1, 2}), 1e-12);
        assertEquals(1, LeakFilter.overlap(new int[] {1, 0, 0, 0, 0, 2, 9, 1, 2}, new int[] {1, 2}), 1e-12);

        String text = "a b c d e f g h i j";
        String nine = "a b c d e f g h i x";
        assertFalse(LeakFilter.training().leaks(text, nine), "0.9 is not above 0.9");
        assertTrue(LeakFilter.training().leaks(text, text));
        assertTrue(LeakFilter.evaluation().leaks(text, nine));
        assertFalse(LeakFilter.evaluation().leaks(text, "a b x"));
        assertThrows(BadInputException.class, () -> new LeakFilter(1.1));
    }

    @Test
    void overlapIsTheLongestSubsequenceOverAllWindows() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 300; round++) {
            int[] text = random.ints(random.nextInt(1, 25), 0, 4).toArray();
            int[] reference = random.ints(random.nextInt(1, 6), 0, 4).toArray();
            int best = 0;
            for (int chosen = 1; chosen < 1 << reference.length; chosen++) { // every subsequence of the reference
                for (int start = 0; start < text.length; start++) {
                    int at = start;
                    int length = 0;
                    for (int j = 0; j < reference.length; j++) {
                        if ((chosen >> j & 1) == 1) {
                            while (at < text.length && text[at] != reference[j]) {
                                at++;
                            }
                            if (at - start > 2 * reference.length || at == text.length) {
                                length = 0;
                                break;
                            }
                            length++;
                            at++;
                        }
                    }
                    best = Math.max(best, length);
                }
            }
            // a window that begins at any place holds those that begin at a match
            assertEquals((double) best / reference.length, LeakFilter.overlap(text, reference), 1e-12);
        }
    }

    @Test
    void aRetrieverWithoutLeaks() {
        Retriever inner = (query, k) -> List.of(
                        new Hit("1", "where is the red house", 0.9),
                        new Hit("2", "the red house is in Galdevik", 0.8),
                        new Hit("3", "Galdevik has a red house too", 0.7))
                .subList(0, Math.min(3, k));
        Retriever safe = LeakFilter.evaluation().over(inner);
        assertEquals(
                List.of("2", "3"),
                safe.retrieve("Where is the red house?", 2).stream()
                        .map(Hit::id)
                        .toList());
    }

    @Test
    void promptsWithPassages() {
        List<Hit> hits = List.of(new Hit("1", "First.", 0.9), new Hit("2", "Second.", 0.8));
        assertEquals(
                "Answer the question using the text.\n\nFirst.\n\nSecond.\n\nWhy?",
                RagPrompt.standard().plain("Why?", hits));
        assertEquals("Second.\n\nFirst.\n\nWhy?", new RagPrompt("", true).plain("Why?", hits));
        assertEquals("Why?", RagPrompt.standard().plain("Why?", List.of()));
        List<Message> talk = List.of(
                Message.system("Be brief."), Message.user("Hi."), Message.assistant("Hello."), Message.user("Why?"));
        List<Message> with = RagPrompt.standard().messages(talk, hits);
        assertEquals(talk.subList(0, 3), with.subList(0, 3));
        assertEquals(Message.user(RagPrompt.standard().plain("Why?", hits)), with.get(3));
        assertEquals(1, RagPrompt.standard().messages("Why?", hits).size());
        assertThrows(BadInputException.class, () -> RagPrompt.standard().plain(" ", hits));
        assertThrows(BadInputException.class, () -> RagPrompt.standard().messages(talk.subList(0, 3), hits));
    }
}

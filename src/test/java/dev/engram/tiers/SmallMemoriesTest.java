package dev.engram.tiers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.tiers.CognitiveMemory.Item;
import dev.engram.tiers.FactExtractor.Slot;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Seven items, a buffer, values found in sentences, vectors computed once. */
class SmallMemoriesTest {
    @Test
    void theEighthItemConsolidates() {
        CognitiveMemory<String> memory = new CognitiveMemory<>(0.5, false);
        for (int i = 1; i <= CognitiveMemory.SEVEN; i++) {
            memory.perceive(new Item<>("k" + i, "v" + i, i / 10.));
        }
        assertEquals(7, memory.shortTermSize());
        assertTrue(memory.recall("k7").isEmpty(), "as published, the present cannot be recalled");
        memory.perceive(new Item<>("k6", "later", 0.8));
        assertEquals(0, memory.shortTermSize());
        assertEquals(2, memory.longTermSize(), "above 0.5: k6 and k7, k6 twice");
        assertEquals("later", memory.recall("k6").orElseThrow().value());
        assertEquals("later", memory.working().orElseThrow().value());
        assertTrue(memory.recall("k5").isEmpty(), "0.5 is not above the threshold, so it is gone");
        assertTrue(memory.working().isEmpty());
    }

    @Test
    void repairedItRecallsThePresent() {
        CognitiveMemory<String> memory = new CognitiveMemory<>(0.5, true);
        memory.perceive(new Item<>("k", "first", 0));
        memory.perceive(new Item<>("k", "second", 0));
        assertEquals("second", memory.recall("k").orElseThrow().value());
        assertThrows(BadInputException.class, () -> new CognitiveMemory<String>(1.1, true));
    }

    @Test
    void theBufferUpdatesWhenItIsFull() {
        for (boolean early : new boolean[] {false, true}) {
            List<Integer> stored = new ArrayList<>();
            List<List<Integer>> learned = new ArrayList<>();
            ContinualBuffer<Integer> buffer =
                    new ContinualBuffer<>(ContinualBuffer.SIZE, early, stored::add, learned::add);
            for (int i = 0; i < 99; i++) {
                assertFalse(buffer.add(i));
            }
            assertEquals(early ? 99 : 0, stored.size(), "as published, 99 pieces wait");
            assertTrue(buffer.add(99));
            assertEquals(100, stored.size());
            assertEquals(1, learned.size());
            assertEquals(stored, learned.get(0));
            assertEquals(0, buffer.waiting());
            buffer.add(100);
            assertEquals(1, buffer.waiting());
            assertEquals(100, learned.get(0).size(), "what was learned is not changed afterwards");
        }
        assertThrows(BadInputException.class, () -> new ContinualBuffer<String>(0, true, s -> {}, s -> {}));
    }

    @Test
    void theValueIsFoundAndMasked() {
        FactExtractor extractor = new FactExtractor();
        assertEquals(
                Optional.of(new Slot("Today I weigh [MASK].", "45 kg")), extractor.extract("Today I weigh 45 kg."));
        assertEquals(
                "14 Cooper's Steps",
                extractor
                        .extract("I have moved. My address is 14 Cooper's Steps now.")
                        .orElseThrow()
                        .value());
        assertEquals(
                new Slot("My cat is called [MASK].", "Pudding"),
                extractor.extract("My cat is called Pudding.").orElseThrow());
        assertEquals(
                "green tea",
                extractor
                        .extract("My favourite drink these days is green tea.")
                        .orElseThrow()
                        .value());
        assertEquals(Optional.empty(), extractor.extract("Good morning!"));
    }

    @Test
    void aTextIsEmbeddedOnce() {
        List<String> asked = new ArrayList<>();
        CachedEmbeddings cache = new CachedEmbeddings(new EmbeddingModel() {
            @Override
            public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
                segments.forEach(s -> asked.add(s.text()));
                return Response.from(segments.stream()
                        .map(s -> Embedding.from(new float[] {s.text().length()}))
                        .toList());
            }
        });
        List<TextSegment> texts = List.of(TextSegment.from("aa"), TextSegment.from("b"), TextSegment.from("aa"));
        List<Embedding> found = cache.embedAll(texts).content();
        assertEquals(List.of(2f, 1f, 2f), found.stream().map(e -> e.vector()[0]).toList());
        assertEquals(1, cache.of("b").vector()[0]);
        assertEquals(List.of("aa", "b"), asked);
        assertEquals(2, cache.size());
    }
}

package dev.engram.tiers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.ExactStore;
import dev.engram.tiers.Tier.Limits;
import dev.langchain4j.data.embedding.Embedding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Capacity, time to live, what goes first, and files. */
class TierTest {
    /** Two numbers and one letter: 9 bytes. */
    private static final long ONE = 9;

    private static Memory memory(String id, double day, double importance) {
        return new Memory(id, id, Embedding.from(new float[] {1, (float) day}), day, importance);
    }

    private static Tier tier(long bytes, double days, Keeping keeping) {
        return new Tier("test", new Limits(bytes, days, keeping), new ExactStore());
    }

    private static List<String> ids(Tier tier) {
        return tier.memories().stream().map(Memory::id).toList();
    }

    @Test
    void bytesAreThoseOfVectorAndText() {
        assertEquals(ONE, memory("a", 1, 0).bytes());
        assertEquals(8 + 3, new Memory("a", "€", Embedding.from(new float[2]), 1, 0).bytes());
        Tier tier = tier(100, 10, Keeping.NEWEST);
        tier.put(memory("a", 1, 0), 1);
        tier.put(memory("b", 1, 0), 1);
        assertEquals(2 * ONE, tier.bytes());
        tier.remove("a");
        assertEquals(ONE, tier.bytes());
        assertTrue(tier.remove("a").isEmpty());
        assertEquals(ONE, tier.bytes());
    }

    @Test
    void exactlyFullIsNotTooFull() {
        Tier tier = tier(2 * ONE, 10, Keeping.NEWEST);
        assertEquals(List.of(), tier.put(memory("a", 1, 0), 1));
        assertEquals(List.of(), tier.put(memory("b", 2, 0), 2));
        assertEquals(
                List.of("a"),
                tier.put(memory("c", 3, 0), 3).stream().map(Memory::id).toList());
        assertEquals(List.of("b", "c"), ids(tier));
    }

    @Test
    void sameIdReplaces() {
        Tier tier = tier(2 * ONE, 10, Keeping.NEWEST);
        tier.put(memory("a", 1, 0), 1);
        tier.put(memory("a", 2, 0), 2);
        assertEquals(1, tier.size());
        assertEquals(ONE, tier.bytes());
        assertEquals(2, tier.memories().iterator().next().day());
    }

    @Test
    void whatIsLargerThanTheTierDoesNotStay() {
        Tier tier = tier(ONE - 1, 10, Keeping.NEWEST);
        assertEquals(1, tier.put(memory("a", 1, 0), 1).size());
        assertEquals(0, tier.size());
        assertEquals(0, tier.bytes());
    }

    @Test
    void theLastDayOfALifeIsLived() {
        Tier tier = tier(100, 2, Keeping.NEWEST);
        tier.put(memory("a", 1, 0), 1);
        assertEquals(List.of(), tier.expire(3));
        assertEquals(1, tier.expire(3.001).size());
        assertEquals(List.of(), tier.search(Embedding.from(new float[] {1, 1}), 3));
        tier.put(memory("old", 1, 1), 9);
        tier.put(memory("new", 9, 1), 9);
        assertEquals(List.of("new"), ids(tier), "putting drops what has expired");
    }

    @Test
    void eachRuleGivesUpWhatItSays() {
        // day, importance: an old important one, an unimportant one of yesterday, and a middling newcomer
        for (Keeping keeping : Keeping.values()) {
            Tier tier = tier(2 * ONE, 1000, keeping);
            tier.put(memory("i", 1, 1), 1);
            tier.put(memory("u", 49, 0.1), 49);
            tier.put(memory("m", 50, 0.5), 50);
            switch (keeping) {
                case NEWEST -> assertEquals(List.of("u", "m"), ids(tier));
                // the 0.1 of yesterday still lives, and the oldest goes
                case LIFETIME -> assertEquals(List.of("u", "m"), ids(tier));
                case IMPORTANT -> assertEquals(List.of("i", "m"), ids(tier));
                // -49/30, -1/3, 0: the old one goes although it is the most important
                case RETENTION -> assertEquals(List.of("u", "m"), ids(tier));
                case RANDOM -> assertEquals(2, tier.size());
            }
        }
        Tier curve = tier(2 * ONE, 1000, Keeping.RETENTION);
        curve.put(memory("i", 1, 1), 1); // -19/30
        curve.put(memory("u", 15, 0.1), 15); // -5/3
        curve.put(memory("m", 20, 0.5), 20);
        assertEquals(List.of("i", "m"), ids(curve), "five days on, the unimportant one is forgotten first");
        assertEquals(-5 / 3., Keeping.RETENTION.worth(memory("u", 15, 0.1), 20), 1e-12);
    }

    @Test
    void lifetimesFollowImportance() {
        Tier tier = tier(1000, 1e9, Keeping.LIFETIME);
        tier.put(memory("s", 1, 0.1), 1);
        tier.put(memory("m", 1, 0.5), 1);
        tier.put(memory("l", 1, 1), 1);
        tier.expire(3);
        assertEquals(List.of("s", "m", "l"), ids(tier));
        tier.expire(3.1);
        assertEquals(List.of("m", "l"), ids(tier));
        tier.expire(46);
        assertEquals(List.of("m", "l"), ids(tier));
        tier.expire(46.1);
        assertEquals(List.of("l"), ids(tier));
    }

    @ParameterizedTest
    @EnumSource(Keeping.class)
    void savedAndLoadedIsInMemory(Keeping keeping, @TempDir Path folder) {
        Tier tier = tier(1000, 1000, keeping);
        for (int i = 1; i < 6; i++) {
            tier.put(memory("" + i, i, 0.5 + i / 10.), i);
        }
        Path file = folder.resolve("tier.jsonl");
        tier.save(file);
        Tier other = new Tier("other", tier.limits(), new ExactStore());
        other.load(file, 6);
        assertEquals(ids(tier), ids(other));
        assertEquals(tier.bytes(), other.bytes());
        Embedding query = Embedding.from(new float[] {1, 2.9f});
        List<Tier.Found> a = tier.search(query, 3);
        List<Tier.Found> b = other.search(query, 3);
        assertEquals("3", a.get(0).memory().id());
        for (int i = 0; i < 3; i++) {
            assertEquals(a.get(i).memory(), b.get(i).memory());
            assertEquals(a.get(i).cosine(), b.get(i).cosine(), 1e-6);
        }
    }

    @Test
    void badInputIsSaid(@TempDir Path folder) throws IOException {
        assertThrows(BadInputException.class, () -> new Limits(0, 1, Keeping.NEWEST));
        assertThrows(BadInputException.class, () -> new Limits(1, 0, Keeping.NEWEST));
        assertThrows(BadInputException.class, () -> new Limits(1, Double.NaN, Keeping.NEWEST));
        assertThrows(BadInputException.class, () -> memory("a", 1, 1.1));
        Path file = folder.resolve("other.txt");
        for (String text : List.of("hello\n", "{\"id\":\"a\"}\n")) {
            Files.writeString(file, text);
            assertThrows(
                    BadInputException.class, () -> tier(9, 9, Keeping.NEWEST).load(file, 1));
        }
    }
}

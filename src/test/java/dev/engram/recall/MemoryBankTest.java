package dev.engram.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a bank keeps, who goes, and that a damaged one is refused while the old one stays. */
class MemoryBankTest {
    private static final int WIDTH = 4;

    @TempDir
    private Path folder;

    private static MemoryBank bank(int cap, Eviction eviction) {
        return new MemoryBank("model", "source", Centring.none(WIDTH), cap, eviction);
    }

    private static MemoryBank three() {
        MemoryBank bank = bank(10, Eviction.LRU);
        bank.add(new Memory("a", "Anna sails.", "chat 7", 3, 0.5, true), new float[] {2, 0, 0, 0});
        bank.add(Memory.of("b", "Bo \"digs\"\n in Ö."), new float[] {0, 3, 4, 0});
        bank.add(Memory.of("c", "Cleo reads."), new float[] {0, 0, 0, -5});
        return bank;
    }

    @Test
    void vectorsHaveLengthOneAndTextsStandBesideThem() {
        MemoryBank bank = three();
        assertArrayEquals(new float[] {0, 0.6f, 0.8f, 0}, bank.vector(1), 1e-6f);
        assertEquals("Anna sails.", bank.memory(bank.indexOf("a")).text());
        assertEquals("chat 7", bank.memory(0).source());
        assertEquals(3, bank.memory(0).index());
    }

    @Test
    void theMeansAreTakenOffBeforeTheLength() {
        Centring centring = Centring.of(
                List.of(new float[] {10, 1}, new float[] {10, -1}), List.of(new float[] {5, 0}, new float[] {7, 2}));
        assertArrayEquals(new float[] {0, 1}, centring.memory(new float[] {10, 1}), 1e-6f);
        assertArrayEquals(new float[] {1, 0}, centring.query(new float[] {9, 1}), 1e-6f);
    }

    @Test
    void changesNeedNoTraining() {
        MemoryBank bank = three();
        bank.selected(1);
        bank.update("b", "Bo sleeps.", new float[] {1, 0, 0, 0});
        assertEquals("Bo sleeps.", bank.memory(1).text());
        assertEquals(1, bank.hits(1));
        bank.delete("a");
        assertEquals(2, bank.size());
        assertEquals(-1, bank.indexOf("a"));
        assertEquals(1, bank.indexOf("c"));
        assertArrayEquals(new float[] {1, 0, 0, 0}, bank.vector(0), 0);
        assertArrayEquals(new float[] {0, 0, 0, -1}, bank.vector(1), 0);
        assertEquals(1, bank.hits(0));
    }

    @Test
    void anotherTextIsNotLearnedAnyMore() {
        MemoryBank bank = three();
        assertTrue(bank.memory(0).learned());
        bank.update("a", "Anna flies.", new float[] {1, 1, 0, 0});
        assertEquals(false, bank.memory(0).learned());
    }

    @ParameterizedTest
    @CsvSource({"LRU,b", "LFU,a", "IMPORTANCE,c"})
    void aFullBankGivesUpOneMemory(Eviction eviction, String gone) {
        MemoryBank bank = bank(3, eviction);
        bank.add(new Memory("a", "x", "", -1, 9, false), new float[] {1, 0, 0, 0});
        bank.add(new Memory("b", "x", "", -1, 5, false), new float[] {1, 0, 0, 0});
        bank.add(new Memory("c", "x", "", -1, 1, false), new float[] {1, 0, 0, 0});
        bank.selected(1);
        bank.selected(1);
        bank.selected(2);
        bank.selected(2);
        bank.selected(0);
        bank.add(Memory.of("d", "x"), new float[] {1, 0, 0, 0});
        assertEquals(3, bank.size());
        assertEquals(-1, bank.indexOf(gone));
        assertEquals(2, bank.indexOf("d"));
    }

    @Test
    void ofEquallyOftenHitTheLeastRecentGoes() {
        MemoryBank bank = bank(2, Eviction.LFU);
        bank.add(Memory.of("a", "x"), new float[] {1, 0, 0, 0});
        bank.add(Memory.of("b", "x"), new float[] {1, 0, 0, 0});
        bank.selected(1);
        bank.selected(0);
        bank.add(Memory.of("c", "x"), new float[] {1, 0, 0, 0});
        assertEquals(-1, bank.indexOf("b"));
    }

    @Test
    void aSavedBankIsTheSame() {
        MemoryBank bank = three();
        bank.selected(2);
        bank.save(folder);
        MemoryBank loaded = MemoryBank.load(folder, "model", WIDTH);
        assertEquals(bank.memories(), loaded.memories());
        assertArrayEquals(bank.vectors(), loaded.vectors(), 0);
        assertEquals(bank.centring(), loaded.centring());
        assertEquals(1, loaded.hits(2));
        assertEquals(bank.lastUsed(2), loaded.lastUsed(2));
        assertEquals(10, loaded.cap());
        assertEquals(Eviction.LRU, loaded.eviction());
        assertEquals("source", loaded.source());
        loaded.add(Memory.of("d", "Dora."), new float[] {1, 0, 0, 0});
        assertTrue(loaded.lastUsed(3) > loaded.lastUsed(2), "the clock goes on");
    }

    @Test
    void anEmptyBankCanBeSaved() {
        bank(5, Eviction.LFU).save(folder);
        assertEquals(0, MemoryBank.load(folder, "model", WIDTH).size());
    }

    @Test
    void savingAgainLeavesOneBankAndNoRests() throws IOException {
        MemoryBank bank = three();
        bank.save(folder);
        bank.delete("b");
        bank.save(folder);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
        assertEquals(2, MemoryBank.load(folder, "model", WIDTH).size());
    }

    /** A process that dies between the two files has written new texts under a name of their own, and nothing more. */
    @Test
    void aHalfWrittenBankLeavesTheOldOne() throws IOException {
        three().save(folder);
        Files.writeString(folder.resolve("memories-0123456789abcdef.jsonl"), "{\"id\":\"x\"");
        Files.writeString(folder.resolve(".bank.safetensors123.part"), "half");
        assertEquals(3, MemoryBank.load(folder, "model", WIDTH).size());
    }

    @Test
    void aBankThatCannotBeWrittenIsSaidAndTheOldOneStays() throws IOException {
        three().save(folder);
        Path file = Files.writeString(folder.resolve("file"), "");
        BadInputException e = assertThrows(BadInputException.class, () -> three().save(file.resolve("below-a-file")));
        assertTrue(e.getMessage().contains("cannot be written"), e.getMessage());
        assertEquals(3, MemoryBank.load(folder, "model", WIDTH).size());
    }

    private String refusal(String model, int width) {
        return assertThrows(BadInputException.class, () -> MemoryBank.load(folder, model, width))
                .getMessage();
    }

    @Test
    void otherModelsAndWidthsAreRefused() {
        three().save(folder);
        assertTrue(refusal("model", 8).contains("vectors of 4 numbers"), refusal("model", 8));
        assertTrue(refusal("other", WIDTH).contains("written by the model model"), refusal("other", WIDTH));
    }

    @Test
    void aMissingBankIsSaid() {
        assertTrue(refusal("model", WIDTH).contains("no memory bank"), refusal("model", WIDTH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cut", "flip", "header", "texts", "no texts", "elsewhere"})
    void aDamagedBankIsRefusedInASentence(String fault) throws IOException {
        three().save(folder);
        Path vectors = folder.resolve("bank.safetensors");
        Path texts;
        try (Stream<Path> files = Files.list(folder)) {
            texts = files.filter(p -> p.toString().endsWith(".jsonl"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(vectors);
        switch (fault) {
            case "cut" -> Files.write(vectors, java.util.Arrays.copyOf(bytes, bytes.length - 5));
            case "flip" -> {
                bytes[20] ^= 0x55;
                Files.write(vectors, bytes);
            }
            case "header" -> Files.write(vectors, new byte[] {1, 2, 3});
            case "texts" -> Files.writeString(texts, Files.readString(texts).replace("Anna", "Hanna"));
            case "elsewhere" -> {
                Files.copy(
                        texts,
                        Files.createDirectory(folder.resolve("aside"))
                                .resolve(texts.getFileName().toString().substring("memories-".length())));
                String header = new String(bytes, StandardCharsets.ISO_8859_1).replace("memories-", "./aside//");
                Files.write(vectors, header.getBytes(StandardCharsets.ISO_8859_1));
            }
            default -> Files.delete(texts);
        }
        String message = refusal("model", WIDTH);
        assertTrue(message.contains("damaged") && message.contains(folder.toString()), message);
        assertEquals(1, message.lines().count());
    }

    @Test
    void whatIsNoMemoryIsRefused() {
        MemoryBank bank = three();
        for (float[] raw : List.of(new float[3], new float[4], new float[] {1, Float.NaN, 0, 0}, new float[] {
            Float.POSITIVE_INFINITY, 0, 0, 0
        })) {
            assertThrows(BadInputException.class, () -> bank.add(Memory.of("z", "z"), raw));
        }
        assertThrows(BadInputException.class, () -> bank.add(Memory.of("a", "again"), new float[] {1, 0, 0, 0}));
        assertThrows(BadInputException.class, () -> bank.delete("nobody"));
        assertThrows(BadInputException.class, () -> Memory.of("", "text"));
        assertThrows(BadInputException.class, () -> Memory.of("id", " "));
        assertThrows(BadInputException.class, () -> bank(0, Eviction.LRU));
        assertEquals(3, bank.size());
    }
}

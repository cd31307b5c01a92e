package dev.engram.explicit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TinyModel;
import dev.engram.model.source.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Banks of memories of a small random model: what is written is read, and nothing else is. */
class ReferenceBankTest {
    @TempDir
    static Path models;

    private static CausalLm lm;
    private static ReferenceWriter writer;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(models, 1024, TinyModel.END_OF_TURN).toString(),
                LoadOptions.defaults().withDtype(DType.F32));
        writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(4));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    private static List<Reference> references(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> new Reference("r" + i, "Ship number " + i + " sails on day " + i * i + "."))
                .toList();
    }

    private static void assertSame(ExplicitMemory a, ExplicitMemory b) {
        assertArrayEquals(a.positions(), b.positions());
        assertArrayEquals(a.keys(), b.keys());
        assertArrayEquals(a.values(), b.values());
    }

    private ReferenceBank bank() {
        return ReferenceBank.open(folder, writer, TensorType.F32, 8);
    }

    @Test
    void whatIsWrittenIsRead() {
        List<Reference> all = references(70);
        try (ReferenceBank bank = bank()) {
            bank.write(all);
        }
        try (ReferenceBank bank = bank()) {
            assertEquals(70, bank.size());
            for (int i : new int[] {0, 63, 64, 69}) {
                assertEquals(all.get(i).text(), bank.text("r" + i));
                ExplicitMemory written = writer.write(all.get(i).text());
                ExplicitMemory read = bank.memory("r" + i);
                assertArrayEquals(written.positions(), read.positions());
                // written in a batch of others, by itself here
                assertArrayEquals(written.keys(), read.keys(), 1e-5f);
                assertArrayEquals(written.values(), read.values(), 1e-5f);
            }
            assertEquals(4, bank.loadsEncodingsHits()[0], "each was read once");
        }
    }

    @Test
    void aBankOfCodesGivesWhatTheCodecGives() throws IOException {
        List<Reference> all = references(66);
        MemoryCodec codec = MemoryCodec.train(
                writer.write(all.stream().limit(8).map(Reference::text).toList()),
                MemoryCodec.trainer("int4", writer.headDim(), 0));
        try (ReferenceBank bank = ReferenceBank.create(folder, writer, codec)) {
            bank.write(all);
        }
        assertEquals("int4", ReferenceBank.codec(folder).orElseThrow());
        try (ReferenceBank bank = bank()) {
            for (int i : new int[] {0, 65}) {
                ExplicitMemory read = bank.memory("r" + i);
                ExplicitMemory own = writer.write(all.get(i).text());
                // coded in a batch of others: a number on the edge of two steps may fall into the other
                double most = furthest(own.keys(), read.keys());
                assertTrue(most > 0 && most < 1, "int4 moves keys by " + most);
                assertArrayEquals(own.positions(), read.positions());
            }
        }
        assertThrows(BadInputException.class, () -> ReferenceBank.create(folder, writer, codec));
        Path file;
        try (Stream<Path> files = Files.walk(folder.resolve("codec"))) {
            file = files.filter(f -> f.endsWith("means.safetensors"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        BadInputException refused = assertThrows(BadInputException.class, this::bank);
        assertTrue(refused.getMessage().contains("codec"), refused.getMessage());
    }

    private static double furthest(float[] a, float[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    @Test
    void coldReferencesAreEncodedOnce() {
        try (ReferenceBank bank = bank()) {
            bank.writeCold(references(3));
            ExplicitMemory first = bank.memory("r1");
            bank.memory("r1");
            assertArrayEquals(new long[] {0, 1, 1}, bank.loadsEncodingsHits());
            assertSame(writer.write(references(2).get(1).text()), first);
        }
    }

    @Test
    void theLastUsedMemoriesStayInRam() {
        try (ReferenceBank bank = bank()) {
            bank.write(references(20));
            for (int i = 0; i < 9; i++) {
                bank.memory("r" + i);
            }
            bank.memory("r8");
            bank.memory("r0"); // pushed out by the ninth
            assertArrayEquals(new long[] {10, 0, 1}, bank.loadsEncodingsHits());
        }
    }

    @Test
    void oneIsUpdatedOrDeletedAndTheOthersStay() throws IOException {
        try (ReferenceBank bank = bank()) {
            bank.write(references(5));
            ExplicitMemory untouched = bank.memory("r3");
            bank.write(List.of(new Reference("r2", "Ship number 2 was sold.")));
            bank.delete("r4");
            assertEquals("Ship number 2 was sold.", bank.text("r2"));
            assertEquals(4, bank.size());
            assertThrows(BadInputException.class, () -> bank.memory("r4"));
            assertSame(untouched, bank.memory("r3"));
        }
        try (ReferenceBank bank = bank()) {
            assertEquals("Ship number 2 was sold.", bank.text("r2"));
            assertFalse(bank.contains("r4"));
            for (String id : bank.ids()) {
                bank.delete(id);
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(2, left.count(), "index and identity alone are left");
        }
    }

    @Test
    void aJobThatStoppedGoesOn() {
        try (ReferenceBank bank = bank()) {
            bank.write(references(66).subList(0, 64));
        }
        try (ReferenceBank bank = bank()) {
            bank.write(references(66));
            assertEquals(66, bank.size());
            assertEquals(66, bank.ids().stream().distinct().count());
        }
    }

    @Test
    void filesThatNobodyNamesAreNoReferences() throws IOException {
        try (ReferenceBank bank = bank()) {
            bank.write(references(2));
        }
        // a process that died after a shard and before the index
        Files.writeString(folder.resolve("texts-00001.jsonl"), "{\"id\":\"r9\",\"te");
        try (ReferenceBank bank = bank()) {
            assertEquals(2, bank.size());
            bank.write(references(3));
            assertEquals("Ship number 2 sails on day 4.", bank.text("r2"));
        }
    }

    @Test
    void aFlippedBitIsSeen() throws IOException {
        try (ReferenceBank bank = bank()) {
            bank.write(references(2));
        }
        Path file = folder.resolve("memories-00000.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 700] ^= 1;
        Files.write(file, bytes);
        try (ReferenceBank bank = bank()) {
            BadInputException e = assertThrows(BadInputException.class, () -> {
                bank.memory("r0");
                bank.memory("r1");
            });
            assertTrue(e.getMessage().contains("not those that were written"), e.getMessage());
        }
    }

    @Test
    void otherWeightsOrWaysOfWritingAreRefused() throws IOException {
        bank().close();
        ReferenceWriter other = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(5));
        BadInputException e = assertThrows(BadInputException.class, () -> ReferenceBank.open(folder, other));
        assertTrue(e.getMessage().contains("4 tokens"), e.getMessage());
        Path json = folder.resolve("bank.json");
        Files.writeString(json, Files.readString(json).replaceFirst("\"weights\": \"..", "\"weights\": \"zz"));
        e = assertThrows(BadInputException.class, this::bank);
        assertTrue(e.getMessage().contains("weights"), e.getMessage());
    }

    @Test
    void badInputIsNamed() {
        try (ReferenceBank bank = bank()) {
            assertThrows(BadInputException.class, () -> new Reference("a\tb", "text"));
            List<Reference> twice = List.of(new Reference("a", "One."), new Reference("a", "Two."));
            assertThrows(BadInputException.class, () -> bank.write(twice));
            Reference empty = new Reference("a", "  ");
            assertThrows(BadInputException.class, () -> bank.write(List.of(empty)));
            Reference wide = new Reference("a", "x".repeat(200));
            BadInputException e = assertThrows(BadInputException.class, () -> bank.writeCold(List.of(wide)));
            assertTrue(e.getMessage().contains("128"), e.getMessage());
            assertEquals(0, bank.size());
        }
    }

    @Test
    void generationReadsAnewEvery64Tokens() {
        try (ReferenceBank bank = bank()) {
            bank.write(references(6));
            java.util.List<String> queries = new java.util.ArrayList<>();
            Retrieval retrieval = query -> {
                queries.add(query);
                return List.of("r" + queries.size() % 6, "r0");
            };
            GenerationConfig config = GenerationConfig.greedy(130).withForceExactLength(true);
            ExplicitLm.Answer answer = new ExplicitLm(lm, bank, writer, retrieval)
                    .generate("x".repeat(100), config, GenerationListener.SILENT);
            assertEquals(
                    List.of(0, 64, 164, 228),
                    answer.readings().stream().map(ExplicitLm.Reading::position).toList());
            assertEquals(64, queries.get(0).length());
            assertEquals(36, queries.get(1).length());
        }
    }

    @Test
    void anEmptyBankIsThePlainModel() {
        try (ReferenceBank bank = bank()) {
            GenerationConfig config = GenerationConfig.greedy(40);
            String prompt = "A text of some length, to be continued";
            assertEquals(
                    lm.generate(prompt, config).ids(),
                    new ExplicitLm(lm, bank, writer, Retrieval.fixed(List.of("r1")))
                            .generate(prompt, config, GenerationListener.SILENT)
                            .generation()
                            .ids());
        }
    }

    /** Workers that finish in any order write what one process writes; what they had not handed in is done again after a stop. */
    @Test
    void whoeverFinishesFirstTheBankIsTheSame() throws IOException {
        List<Reference> all = references(300);
        Path here = folder.resolve("here");
        Path there = folder.resolve("there");
        try (ReferenceBank bank = ReferenceBank.open(here, writer)) {
            bank.write(all);
        }
        try (ReferenceBank bank = ReferenceBank.open(there, writer)) {
            IllegalStateException lost = assertThrows(
                    IllegalStateException.class,
                    () -> bank.write(all, (tasks, done) -> {
                        for (int i : new int[] {3, 0, 2, 4}) {
                            done.accept(tasks.get(i), bank.encode(tasks.get(i)));
                        }
                    }));
            assertTrue(lost.getMessage().contains("shard 1"), lost.getMessage());
            assertEquals(64, bank.size(), "shard 2 waits for shard 1");
        }
        try (ReferenceBank bank = ReferenceBank.open(there, writer)) {
            assertEquals(all.subList(0, 64).stream().map(Reference::id).toList(), bank.ids());
            bank.write(all, (tasks, done) -> {
                for (int i = tasks.size() - 1; i >= 0; i--) {
                    done.accept(tasks.get(i), bank.encode(tasks.get(i)));
                }
            });
        }
        try (Stream<Path> files = Files.list(here)) {
            for (Path file : files.toList()) {
                assertArrayEquals(
                        Files.readAllBytes(file),
                        Files.readAllBytes(there.resolve(file.getFileName())),
                        file.toString());
            }
        }
    }
}

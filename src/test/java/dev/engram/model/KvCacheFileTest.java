package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.Runs.Driver;
import dev.engram.model.engine.LayerNames;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cache that was saved and loaded is the cache in memory; a wrong or damaged file is refused in one sentence. */
class KvCacheFileTest {
    private static Decoder decoder;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        decoder = Tiny.decoder();
    }

    @AfterAll
    static void close() {
        decoder.close();
    }

    private static float[] logits(Decoder d, KvCache cache, int... ids) {
        return Runs.logits(d, Driver.STACK, ids, cache, Seams.none());
    }

    private Path saved() {
        Path file = folder.resolve("cache.safetensors");
        try (KvCache cache = decoder.newCache(3)) {
            logits(decoder, cache, Tiny.ids(14));
            cache.drop(0, 1, 2);
            cache.keep(1, new int[][] {{0, 4, 5, 9}, {1, 4, 6, 13}});
            cache.keep(2, new int[][] {{}});
            cache.save(file);
        }
        return file;
    }

    @Test
    void loadedIsInMemory() throws IOException {
        Path file = folder.resolve("deep/cache.safetensors");
        try (KvCache cache = decoder.newCache(3)) {
            logits(decoder, cache, Tiny.ids(14));
            cache.drop(0, 1, 2);
            cache.keep(1, new int[][] {{0, 4, 5, 9}, {1, 4, 6, 13}});
            cache.keep(2, new int[][] {{}});
            cache.save(file);
            try (KvCache loaded = decoder.loadCache(file)) {
                assertEquals(cache.nextPosition(), loaded.nextPosition());
                assertEquals(cache.tokensSeen(), loaded.tokensSeen());
                assertEquals(cache.bytesUsed(), loaded.bytesUsed());
                for (int i = 0; i < cache.layers(); i++) {
                    assertEquals(cache.perHead(i), loaded.perHead(i));
                    for (int h = 0; h < decoder.config().kvHeads(); h++) {
                        assertArrayEquals(cache.positions(i, h), loaded.positions(i, h));
                    }
                }
                assertArrayEquals(logits(decoder, cache, 5, 6, 7), logits(decoder, loaded, 5, 6, 7), 0f);
                cache.drop(1, 0, 2);
                loaded.drop(1, 0, 2);
                assertArrayEquals(logits(decoder, cache, 8), logits(decoder, loaded, 8), 0f);
            }
        }
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertEquals(1, files.count(), "no temporary file stays");
        }
    }

    @Test
    void emptyPaddedAndBf16Caches() {
        Path file = folder.resolve("cache.safetensors");
        try (KvCache empty = decoder.newCache()) {
            empty.save(file);
            try (KvCache loaded = decoder.loadCache(file)) {
                assertArrayEquals(logits(decoder, empty, 5, 6), logits(decoder, loaded, 5, 6), 0f);
            }
        }
        try (NDManager scope = decoder.newScope();
                KvCache padded = decoder.newCache(2, new int[] {0, 2})) {
            decoder.forward(scope, new int[][] {{1, 2, 3, 4}, {0, 0, 8, 5}}, padded, Seams.none());
            padded.save(file);
            int[][] next = {{7, 8}, {9, 10}};
            try (KvCache loaded = decoder.loadCache(file)) {
                assertArrayEquals(
                        decoder.forward(scope, next, padded, Seams.none()).toFloatArray(),
                        decoder.forward(scope, next, loaded, Seams.none()).toFloatArray(),
                        0f);
            }
        }
        try (Decoder bf16 = Golden.decoder(Tiny.checkpoint(), Tiny.BF16);
                KvCache cache = bf16.newCache()) {
            logits(bf16, cache, Tiny.ids(9));
            cache.save(file);
            try (KvCache loaded = bf16.loadCache(file)) {
                assertArrayEquals(logits(bf16, cache, 5, 6, 7), logits(bf16, loaded, 5, 6, 7), 0f);
            }
        }
    }

    @Test
    void aCacheOfAnotherModelIsRefused() {
        Path file = saved();
        try (Decoder other = Golden.decoder("llama")) {
            String message = refusal(other, file);
            assertTrue(message.contains("cache.safetensors"), message);
            assertTrue(message.contains("num_hidden_layers = 3") && message.contains("2"), message);
        }
        LmConfig c = Tiny.config(Positions.rope(500));
        try (Decoder other = Golden.decoder(new RandomCheckpoint(c, 7, 0.3), Golden.F32)) {
            assertTrue(refusal(other, file).contains("positions"));
        }
        try (Decoder other = Golden.decoder(new RandomCheckpoint(Tiny.config(), 8, 0.3), Golden.F32)) {
            assertTrue(refusal(other, file).contains("other weights"));
        }
        Tiny.Altered tuned = new Tiny.Altered(Tiny.checkpoint());
        String name = new LayerNames(1).v();
        float[] values = Tiny.values(tuned, name);
        values[0] += 1e-3f;
        tuned.put(name, values);
        try (Decoder other = Golden.decoder(tuned, Golden.F32)) {
            assertTrue(refusal(other, file).contains("other weights"));
        }
        try (Decoder same = Golden.decoder(Tiny.checkpoint(), Tiny.BF16);
                KvCache cache = same.loadCache(file)) {
            assertEquals(17, cache.nextPosition(), "another number format of the same model");
        }
    }

    private static String refusal(Decoder d, Path file) {
        BadInputException e =
                assertThrows(BadInputException.class, () -> d.loadCache(file).close());
        String message = e.getMessage();
        assertTrue(message.endsWith(".") && message.contains(file.toString()), message);
        return message;
    }

    @Test
    void filesThatAreNoCacheAreRefused() throws IOException {
        refusal(decoder, folder.resolve("absent.safetensors"));
        Path weights = folder.resolve("weights.safetensors");
        new SafetensorsWriter()
                .add("w", TensorType.F32, new long[] {1}, new float[1])
                .write(weights);
        assertTrue(refusal(decoder, weights).contains("not a saved cache"));
        byte[] good = Files.readAllBytes(saved());
        Path cut = folder.resolve("cut.safetensors");
        for (int n : new int[] {0, 7, 100, good.length / 2, good.length - 1}) {
            Files.write(cut, Arrays.copyOf(good, n));
            refusal(decoder, cut);
        }
    }

    @Test
    void damagedHeadersAndPositionsAreRefusedOrHarmless() throws IOException {
        byte[] good = Files.readAllBytes(saved());
        int header = java.nio.ByteBuffer.wrap(good)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getInt();
        Path file = folder.resolve("flipped.safetensors");
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(i % 2 == 0 ? 8 + header : good.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            try (KvCache loaded = decoder.loadCache(file)) {
                logits(decoder, loaded, 5);
            } catch (BadInputException e) {
                assertTrue(e.getMessage().endsWith("."), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 150, "only " + refused + " were refused");
    }

    @Test
    void aFileThatCannotBeWrittenLeavesTheOldOne() throws IOException {
        Path file = folder.resolve("in/cache.safetensors");
        Files.writeString(folder.resolve("in"), "a file stands where the folder should be");
        try (KvCache cache = decoder.newCache()) {
            BadInputException e = assertThrows(BadInputException.class, () -> cache.save(file));
            assertTrue(
                    e.getMessage().contains(file.toString()) && e.getMessage().endsWith("."), e.getMessage());
        }
        assertEquals(40, Files.size(folder.resolve("in")));
    }
}

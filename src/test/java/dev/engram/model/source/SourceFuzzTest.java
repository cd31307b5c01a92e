package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files open or give a sentence; nothing else may happen. */
class SourceFuzzTest {
    private static final int FILES = 1000;

    @TempDir
    Path folder;

    @Test
    void gguf() throws IOException {
        byte[] llama = Files.readAllBytes(Golden.gguf("llama"));
        int header = Bytes.indexOf(llama, "output.weight") + 64;
        Path file = folder.resolve("fuzz.gguf");
        fuzz(llama, header, 17, file, f -> GgufCheckpoint.open(file));
        byte[] types = Files.readAllBytes(Golden.gguf("types"));
        fuzz(types, 700, 18, file, f -> {
            try (GgufFile g = GgufFile.open(file)) {
                g.shapes().keySet().forEach(n -> Dequantizer.toFloats(g.tensor(n)));
            }
            return null;
        });
    }

    @Test
    void safetensors() throws IOException {
        TinyHf.write(folder);
        Path file = folder.resolve("model.safetensors");
        byte[] whole = Files.readAllBytes(file);
        int header =
                8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        fuzz(whole, header, 19, file, f -> HfFolder.open(folder));
    }

    @Test
    void configuration() throws IOException {
        TinyHf.write(folder);
        Path file = folder.resolve("config.json");
        byte[] whole = Files.readAllBytes(file);
        fuzz(whole, whole.length, 20, file, f -> HfFolder.open(folder));
    }

    private static void fuzz(byte[] good, int header, long seed, Path file, Function<Path, Checkpoint> open) {
        Random random = new Random(seed);
        int[] outcomes = new int[2];
        assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            for (int i = 0; i < FILES; i++) {
                Files.write(file, mutate(good, header, random));
                outcomes[outcome(i, file, open)]++;
            }
        });
        assertTrue(outcomes[0] > 0, "no mutation was harmless: the test opens nothing");
        assertTrue(outcomes[1] > FILES / 4, "only " + outcomes[1] + " mutations were refused");
    }

    private static int outcome(int i, Path file, Function<Path, Checkpoint> open) {
        try (Checkpoint c = open.apply(file)) {
            if (c != null) {
                for (String name : c.names()) {
                    Dequantizer.toFloats(c.tensor(name));
                }
                c.chatTemplate();
            }
            return 0;
        } catch (BadInputException e) {
            assertFalse(e.getMessage().isBlank());
            return 1;
        } catch (Throwable e) {
            throw new AssertionError("file " + i + " gave " + e, e);
        }
    }

    /** One to three faults, most of them in the header. */
    private static byte[] mutate(byte[] good, int header, Random random) {
        byte[] bytes = good.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            int range = random.nextInt(8) == 0 ? bytes.length : Math.min(header, bytes.length);
            int at = random.nextInt(Math.max(1, range - 8));
            if (bytes.length < 16) {
                return bytes;
            }
            switch (random.nextInt(7)) {
                case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
                case 3 -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(100));
                case 4 -> put(bytes, at, random.nextBoolean() ? -1 >>> random.nextInt(32) : random.nextInt(100));
                case 5 -> put(bytes, at, 0x7fffffff00000000L >>> random.nextInt(48));
                default -> {
                    // Two fields change places.
                    int other = random.nextInt(Math.max(1, range - 8));
                    byte[] one = Arrays.copyOfRange(bytes, at, at + 8);
                    System.arraycopy(bytes, other, bytes, at, 8);
                    System.arraycopy(one, 0, bytes, other, 8);
                }
            }
        }
        return bytes;
    }

    private static void put(byte[] bytes, int at, long value) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    }
}

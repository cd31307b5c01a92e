package dev.engram.explicit.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.source.SafetensorsWriter;
import dev.engram.model.source.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Codecs small enough to compute by hand, bad input and damaged files. */
class QuantizedCodecTest {
    private static final float[] STAGE = {0, 0, 4, 4};
    private static final float[] PART = {-1, 1};

    @TempDir
    Path folder;

    private static QuantizedCodec byHand(float[] rotation) {
        return new QuantizedCodec(
                new Scheme(rotation == null ? 0 : 1, 1, 1, 2, 1), 2, rotation, List.of(STAGE), List.of(PART, PART));
    }

    @Test
    void stageAndPartsByHand() {
        // (5, 3): the stage's nearest is no. 1, (4, 4); what is left, (1, −1), is part centroids no. 1 and no. 0: bits
        // 1, 1, 0
        QuantizedCodec codec = byHand(null);
        assertArrayEquals(new byte[] {0b011}, codec.compress(new float[] {5, 3}));
        assertArrayEquals(new float[] {5, 3}, codec.decompress(new byte[] {0b011}));
        // (0.5, −2): no. 0, (0, 0); left (0.5, −2): no. 1 and no. 0; comes back as (1, −1), MSE (0.25 + 1) / 2
        assertEquals(0.625, codec.meanSquaredError(new float[] {0.5f, -2}), 1e-12);
    }

    @Test
    void aRotatedCodecByHand() {
        // x · r turns (5, 3) by a quarter into (−3, 5): stage (0, 0) at distance 34, (4, 4) at 50; left (−3, 5): no. 0
        // and no. 1
        QuantizedCodec codec = byHand(new float[] {0, 1, -1, 0});
        assertArrayEquals(new byte[] {0b100}, codec.compress(new float[] {5, 3}));
        // (−1, 1) turned back is (1, 1)
        assertArrayEquals(new float[] {1, 1}, codec.decompress(new byte[] {0b100}));
    }

    @Test
    void aTrainedProductQuantizerByHand() {
        // Each number has two groups: −1, 0, 1 and 9, 10, 11; 4, 5, 6 and 24, 25, 26. Centroids 0 and 10, 5 and 25.
        float[] sample = new float[2 * 36];
        for (int i = 0; i < 36; i++) {
            sample[2 * i] = i / 6 % 2 * 10 + i % 3 - 1;
            sample[2 * i + 1] = i % 2 * 20 + 5 + i / 12 - 1;
        }
        QuantizedCodec codec = QuantizedCodec.train(sample, 2, Scheme.product(2, 1), 3);
        assertArrayEquals(new float[] {10, 5}, codec.decompress(codec.compress(new float[] {8, 11})), 1e-6f);
        assertEquals(2.0 / 3, codec.meanSquaredError(sample), 1e-6);
    }

    @Test
    void asManyCentroidsAsVectorsLoseNothing() {
        float[] sample = Samples.normal(64, 4, 1);
        QuantizedCodec codec = QuantizedCodec.train(sample, 4, new Scheme(0, 1, 6, 0, 0), 1);
        assertArrayEquals(sample, codec.decode(codec.encode(sample), 64));
    }

    @Test
    void emptyClustersAreRepaired() {
        // 60 equal vectors and 4 others: whatever was drawn, 8 centroids find all 5 places
        float[] sample = new float[64];
        System.arraycopy(new float[] {10, 20, 30, 40}, 0, sample, 60, 4);
        for (int seed = 0; seed < 10; seed++) {
            float[] centroids = KMeans.train(sample, 1, 8, 20, new SplittableRandom(seed));
            for (float place : new float[] {0, 10, 20, 30, 40}) {
                assertTrue(IntStream.range(0, 8).anyMatch(c -> centroids[c] == place), Arrays.toString(centroids));
            }
        }
    }

    @Test
    void engineAndLoopsFindTheSame() {
        float[] x = Samples.normal(2000, 32, 1);
        float[] centroids = Samples.normal(2048, 32, 2);
        int[] all = Nearest.of(x, centroids, 32); // 1.3e8 products: the engine
        float[] some = Arrays.copyOf(x, 500 * 32);
        int[] few = Nearest.of(some, centroids, 32);
        for (int i = 0; i < 500; i++) {
            assertEquals(distance(x, i, centroids, few[i]), distance(x, i, centroids, all[i]), 1e-5, "vector " + i);
        }
    }

    private static double distance(float[] x, int i, float[] c, int k) {
        double sum = 0;
        for (int j = 0; j < 32; j++) {
            sum += Math.pow(x[i * 32 + j] - c[k * 32 + j], 2);
        }
        return sum;
    }

    @Test
    void int4ByHand() {
        // 7 steps on either side: scale 14 / 7 = 2; −3 is −1.5 steps, rounded up to −1
        ScalarCodec codec = new ScalarCodec(4, 4);
        assertArrayEquals(new float[] {14, -2, 0, 6}, codec.decompress(codec.compress(new float[] {14, -3, 0, 6})));
        assertEquals(4, codec.bytesPerVector());
        assertArrayEquals(new float[4], codec.decompress(codec.compress(new float[4])));
    }

    @Test
    void theLargestNumberFitsItsScale() {
        float[] x = Samples.normal(1000, 64, 3);
        float[] back = new ScalarCodec(64, 8).decode(new ScalarCodec(64, 8).encode(x), 1000);
        for (int i = 0; i < x.length; i++) {
            float largest = 0;
            for (int j = i / 64 * 64; j < i / 64 * 64 + 64; j++) {
                largest = Math.max(largest, Math.abs(x[j]));
            }
            assertEquals(x[i], back[i], largest / 127 * 0.51);
        }
    }

    @Test
    void names() {
        assertEquals("OPQ20x80-Residual2x14-PQ8x10", Scheme.memory3(80, 14).name(80));
        assertEquals("IVF1024-PQ8x8", Scheme.ivf(10, 8, 8).name(80));
        assertEquals("PQ8x8", Scheme.product(8, 8).name(1024));
        assertEquals("int4", new ScalarCodec(64, 4).name());
    }

    private static void refused(String part, Runnable what) {
        String message = assertThrows(BadInputException.class, what::run).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void badInputIsToldInASentence() {
        float[] sample = Samples.normal(100, 4, 1);
        refused("has 100 vectors", () -> QuantizedCodec.train(sample, 4, Scheme.product(2, 8), 1));
        refused("cut into 3", () -> QuantizedCodec.train(sample, 4, Scheme.product(3, 2), 1));
        refused("at least one stage", () -> new Scheme(0, 0, 0, 0, 0));
        refused("25 bits", () -> Scheme.product(2, 25));
        refused("9 bits", () -> new ScalarCodec(4, 9));
        QuantizedCodec codec = QuantizedCodec.train(sample, 4, Scheme.product(2, 4), 1);
        refused("7 numbers are no whole vectors of 4", () -> codec.encode(new float[7]));
        refused("Number 1 of vector 0 is NaN", () -> codec.encode(new float[] {0, Float.NaN, 0, 0}));
        refused("has 8 numbers", () -> codec.compress(new float[8]));
        refused("3 bytes are not 2 codes", () -> codec.decode(new byte[3], 2));
        refused("bytes are not -1 codes", () -> codec.decode(new byte[0], -1));
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Path file = folder.resolve("codec.safetensors");
        refused("codec.safetensors", () -> VectorCodec.load(file));
        byHand(null).save(file);
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 4));
        refused("damaged", () -> VectorCodec.load(file));
        new SafetensorsWriter()
                .add("x", TensorType.F32, new long[] {1}, new float[1])
                .write(file);
        refused("holds no vector codec", () -> VectorCodec.load(file));
        tampered(file, "\"stages\":\"1\"", "\"stages\":\"2\"", "3 tensors instead of 4");
        tampered(file, "\"stage_bits\":\"1\"", "\"stage_bits\":\"2\"", "stage.0 is not the f32 matrix [4, 2]");
        tampered(file, "\"part_bits\":\"1\"", "\"part_bits\":\"x\"", "part_bits is 'x'");
        tampered(file, "\"dimensions\":\"2\"", "\"dimensions\":\"0\"", "vectors of 0 numbers");
        tampered(file, "\"quantized\"", "\"imaginary\"", "its kind is 'imaginary'");
        new QuantizedCodec(new Scheme(0, 0, 0, 1, 1), 1, null, List.of(), List.of(new float[] {1, Float.NaN}))
                .save(file);
        refused("holds NaN", () -> VectorCodec.load(file));
    }

    private static void tampered(Path file, String from, String to, String expected) throws IOException {
        byHand(null).save(file);
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains(from), text);
        Files.writeString(file, text.replace(from, to), StandardCharsets.ISO_8859_1);
        refused(expected, () -> VectorCodec.load(file));
    }
}

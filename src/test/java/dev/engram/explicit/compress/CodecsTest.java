package dev.engram.explicit.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.report.Progress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every codec: sizes, determinism, save and load, an error that falls with the bits. */
class CodecsTest {
    private static final int D = 16;
    private static final float[] SAMPLE = Samples.correlated(2048, D, 1);
    private static final float[] OTHERS = Samples.correlated(512, D, 2);

    @TempDir
    Path folder;

    static List<VectorCodec> codecs() {
        return List.of(
                new ScalarCodec(D, 8),
                new ScalarCodec(D, 4),
                new ScalarCodec(D, 3),
                QuantizedCodec.train(SAMPLE, D, Scheme.product(4, 6), 1),
                QuantizedCodec.train(SAMPLE, D, Scheme.rotatedProduct(4, 6), 1),
                QuantizedCodec.train(SAMPLE, D, Scheme.ivf(5, 4, 6), 1),
                QuantizedCodec.train(SAMPLE, D, new Scheme(0, 3, 7, 0, 0), 1),
                QuantizedCodec.train(SAMPLE, D, Scheme.memory3(D, 9), 1));
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void sizesAreAsTold(VectorCodec codec) {
        byte[] codes = codec.encode(OTHERS);
        assertEquals(512 * codec.bytesPerVector(), codes.length);
        assertEquals(OTHERS.length, codec.decode(codes, 512).length);
        assertEquals(0, codec.encode(new float[0]).length);
        assertEquals(0, codec.decode(new byte[0], 0).length);
        assertEquals(8.0 * codec.bytesPerVector() / D, codec.bitsPerDimension());
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void oneVectorAloneHasTheCodeItHasAmongOthers(VectorCodec codec) {
        byte[] all = codec.encode(OTHERS);
        for (int v : new int[] {0, 17, 511}) {
            byte[] one = codec.compress(Arrays.copyOfRange(OTHERS, v * D, (v + 1) * D));
            assertArrayEquals(
                    Arrays.copyOfRange(all, v * codec.bytesPerVector(), (v + 1) * codec.bytesPerVector()), one);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void whatComesBackIsEncodedAsItself(VectorCodec codec) {
        // A decoded vector is a point of the codec's grid. Greedy stages may find another path to it, but never a worse
        // one.
        float[] grid = codec.decode(codec.encode(OTHERS), 512);
        double far = codec.meanSquaredError(OTHERS);
        double near = codec.meanSquaredError(grid);
        assertTrue(near < 0.35 * far, codec.name() + ": " + near + " of " + far);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void savedAndLoadedGivesTheSameCodes(VectorCodec codec) {
        Path file = folder.resolve("codec.safetensors");
        codec.save(file);
        VectorCodec again = VectorCodec.load(file);
        assertEquals(codec.name(), again.name());
        assertEquals(codec.bytesPerVector(), again.bytesPerVector());
        byte[] codes = codec.encode(OTHERS);
        assertArrayEquals(codes, again.encode(OTHERS));
        assertArrayEquals(codec.decode(codes, 512), again.decode(codes, 512));
    }

    @Test
    void theSeedDecides() {
        Scheme scheme = Scheme.memory3(D, 8);
        byte[] codes = QuantizedCodec.train(SAMPLE, D, scheme, 5).encode(OTHERS);
        assertArrayEquals(codes, QuantizedCodec.train(SAMPLE, D, scheme, 5).encode(OTHERS));
        assertTrue(
                !Arrays.equals(codes, QuantizedCodec.train(SAMPLE, D, scheme, 6).encode(OTHERS)));
    }

    @Test
    void moreBitsLessError() {
        double before = Double.MAX_VALUE;
        for (int bits = 2; bits <= 8; bits++) {
            double error = new ScalarCodec(D, bits).meanSquaredError(OTHERS);
            assertTrue(error < before, bits + " bits: " + error + " after " + before);
            before = error;
        }
        before = Double.MAX_VALUE;
        for (int bits = 2; bits <= 8; bits += 2) {
            double error =
                    QuantizedCodec.train(SAMPLE, D, Scheme.product(4, bits), 1).meanSquaredError(OTHERS);
            assertTrue(error < before, "4 parts of " + bits + " bits: " + error + " after " + before);
            before = error;
        }
    }

    @Test
    void aRotationHelpsWhereNumbersDependOnEachOther() {
        double plain = QuantizedCodec.train(SAMPLE, D, Scheme.product(8, 4), 1).meanSquaredError(OTHERS);
        double rotated =
                QuantizedCodec.train(SAMPLE, D, Scheme.rotatedProduct(8, 4), 1).meanSquaredError(OTHERS);
        assertTrue(rotated < 0.9 * plain, rotated + " of " + plain);
    }

    @Test
    void stagesBeforeThePartsHelp() {
        double single = QuantizedCodec.train(SAMPLE, D, Scheme.product(4, 6), 1).meanSquaredError(OTHERS);
        double oneStage =
                QuantizedCodec.train(SAMPLE, D, Scheme.ivf(6, 4, 6), 1).meanSquaredError(OTHERS);
        double twoStages =
                QuantizedCodec.train(SAMPLE, D, new Scheme(0, 2, 6, 4, 6), 1).meanSquaredError(OTHERS);
        assertTrue(oneStage < single, oneStage + " of " + single);
        assertTrue(twoStages < oneStage, twoStages + " of " + oneStage);
    }

    @Test
    void aRotationKeepsLengths() {
        float[] r = Rotation.train(SAMPLE, D, 4, new SplittableRandom(1), Progress.start("rotation", 16));
        for (int a = 0; a < D; a++) {
            for (int b = 0; b < D; b++) {
                double product = 0;
                for (int i = 0; i < D; i++) {
                    product += r[i * D + a] * r[i * D + b];
                }
                assertEquals(a == b ? 1 : 0, product, 1e-5);
            }
        }
    }
}

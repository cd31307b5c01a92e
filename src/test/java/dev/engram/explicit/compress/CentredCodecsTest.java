package dev.engram.explicit.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CentredCodecsTest {
    private static final int D = 8;

    private static float[] around(float mean, long seed) {
        float[] x = Samples.normal(500, D, seed);
        for (int i = 0; i < x.length; i++) {
            x[i] += i % D == 3 ? mean : 0;
        }
        return x;
    }

    private static final List<float[]> GROUPS = List.of(around(20, 1), around(-50, 2), around(0, 3));

    @Test
    void byHand() {
        // means (1, 10) and (0, 0); (2, 14) less the first is (1, 4): scale 4 / 7, rounded up to bf16
        CentredCodecs codecs = CentredCodecs.train(
                List.of(new float[] {0, 8, 2, 12}, new float[2]), 2, sample -> new ScalarCodec(2, 8));
        float[] back = codecs.decode(0, codecs.encode(0, new float[] {2, 14}), 1);
        assertArrayEquals(new float[] {2, 14}, back, 0.04f);
        assertArrayEquals(new ScalarCodec(2, 8).compress(new float[] {2, 14}), codecs.encode(1, new float[] {2, 14}));
    }

    @Test
    void meansSaveError() {
        CentredCodecs codecs = CentredCodecs.train(GROUPS, D, sample -> new ScalarCodec(D, 4));
        for (int g = 0; g < 2; g++) {
            float[] x = around(g == 0 ? 20 : -50, 9);
            float[] back = codecs.decode(g, codecs.encode(g, x), 500);
            double error = 0;
            for (int i = 0; i < x.length; i++) {
                error += Math.pow(x[i] - back[i], 2) / x.length;
            }
            assertTrue(error < 0.1 * new ScalarCodec(D, 4).meanSquaredError(x), "group " + g + ": " + error);
        }
    }

    @Test
    void savedAndLoadedIsTheSame(@TempDir Path folder) {
        CentredCodecs codecs =
                CentredCodecs.train(GROUPS, D, sample -> QuantizedCodec.train(sample, D, Scheme.product(2, 4), 1));
        codecs.save(folder);
        CentredCodecs again = CentredCodecs.load(folder);
        assertEquals(3, again.groups());
        for (int g = 0; g < 3; g++) {
            byte[] codes = codecs.encode(g, GROUPS.get(g));
            assertArrayEquals(codes, again.encode(g, GROUPS.get(g)));
            assertArrayEquals(codecs.decode(g, codes, 500), again.decode(g, codes, 500));
        }
        new ScalarCodec(4, 4).save(folder.resolve("codec.safetensors"));
        assertThrows(BadInputException.class, () -> CentredCodecs.load(folder));
    }

    @Test
    void badInputIsToldInASentence() {
        CentredCodecs codecs = CentredCodecs.train(GROUPS, D, sample -> new ScalarCodec(D, 4));
        assertThrows(BadInputException.class, () -> codecs.encode(3, new float[D]));
        assertThrows(BadInputException.class, () -> codecs.encode(0, new float[D + 1]));
        assertThrows(
                BadInputException.class,
                () -> CentredCodecs.train(List.of(new float[0]), D, sample -> new ScalarCodec(D, 4)));
    }
}

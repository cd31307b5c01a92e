package dev.engram.model.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import dev.engram.model.LoadOptions;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scan gives products; among many vectors the best ones exactly, the others nearly. */
class VectorScanTest {
    private static final int WIDTH = 64;

    private static float[] random(int rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[rows * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
        return values;
    }

    private static float[] byHand(float[] rows, float[] query) {
        float[] products = new float[rows.length / WIDTH];
        for (int r = 0; r < products.length; r++) {
            double sum = 0;
            for (int c = 0; c < WIDTH; c++) {
                sum += (double) rows[r * WIDTH + c] * query[c];
            }
            products[r] = (float) sum;
        }
        return products;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 500})
    void fewVectorsAreExact(int rows) {
        float[] vectors = random(rows, 1);
        float[] query = random(1, 2);
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);
                VectorScan scan = new VectorScan(manager, vectors, WIDTH)) {
            assertArrayEquals(byHand(vectors, query), scan.scores(query), 1e-5f);
        }
    }

    @Test
    void ofManyVectorsTheBestAreExact() {
        float[] vectors = random(VectorScan.MANY, 3);
        float[] query = random(1, 4);
        float[] expected = byHand(vectors, query);
        try (NDManager manager = Torch.manager(LoadOptions.DeviceChoice.CPU);
                VectorScan scan = new VectorScan(manager, vectors, WIDTH)) {
            float[] scores = scan.scores(query);
            int[] order = best(expected);
            assertArrayEquals(Arrays.copyOf(order, 20), Arrays.copyOf(best(scores), 20));
            for (int i = 0; i < 100; i++) {
                assertEquals(expected[order[i]], scores[order[i]], 1e-5);
            }
            double worst = IntStream.range(0, scores.length)
                    .mapToDouble(i -> Math.abs(scores[i] - expected[i]))
                    .max()
                    .orElseThrow();
            assertEquals(0, worst, 0.06 * Math.abs(expected[order[0]]));
        }
    }

    private static int[] best(float[] values) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted((a, b) -> Float.compare(values[b], values[a]))
                .mapToInt(Integer::intValue)
                .toArray();
    }
}

package dev.engram.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import dev.engram.model.engine.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shifted targets, padding, packing, and an order that depends on the number alone. */
class BatchesTest {
    private static final int PAD = 9;

    /** Example i has the ids 100 i, 100 i + 1, …, of which all but the first two are learned. */
    private static Example example(int i, int tokens) {
        int[] ids = new int[tokens];
        Arrays.setAll(ids, t -> 100 * i + t);
        return Labels.completion(Arrays.copyOf(ids, 2), Arrays.copyOfRange(ids, 2, tokens));
    }

    private static List<Example> examples(int... lengths) {
        List<Example> all = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            all.add(example(i + 1, lengths[i]));
        }
        return all;
    }

    @Test
    void targetsAreTheNextTokensAndPaddingIsOnTheRight() {
        Batch batch = Batch.of(examples(5, 3), PAD);
        assertArrayEquals(new int[][] {{100, 101, 102, 103, 104}, {200, 201, 202, PAD, PAD}}, batch.ids());
        assertArrayEquals(new int[][] {{-100, 102, 103, 104, -100}, {-100, 202, -100, -100, -100}}, batch.targets());
        assertArrayEquals(new int[] {1, 2, 3, 6}, batch.learned());
        assertArrayEquals(new int[] {102, 103, 104, 202}, batch.learnedTargets());
        assertEquals(8, batch.tokens());
        assertNull(batch.documents());
    }

    @Test
    void packedDocumentsNeitherPredictNorSeeEachOther() {
        Batch batch = Batch.packed(List.of(examples(4, 3)), PAD);
        assertArrayEquals(new int[][] {{100, 101, 102, 103, 200, 201, 202}}, batch.ids());
        // the last token of a document predicts nothing, above all not the next document's first
        assertArrayEquals(new int[][] {{-100, 102, 103, -100, -100, 202, -100}}, batch.targets());
        assertArrayEquals(new int[][] {{0, 0, 0, 0, 1, 1, 1}}, batch.documents());
    }

    @Test
    void theMaskHidesEveryOtherDocument() {
        Batch batch = Batch.packed(List.of(examples(3, 4)), PAD);
        try (NDManager scope = Torch.manager(LoadOptions.DeviceChoice.CPU)) {
            NDArray bias = batch.seams(scope).bias().of(0, 7);
            assertEquals(new Shape(1, 1, 7, 7), bias.getShape());
            float[] mask = bias.toFloatArray();
            for (int q = 0; q < 7; q++) {
                for (int k = 0; k < 7; k++) {
                    // what lies ahead is the causal mask's business
                    boolean hidden = q >= 3 && k < 3;
                    assertEquals(hidden ? Float.NEGATIVE_INFINITY : 0, mask[7 * q + k], q + " sees " + k);
                }
            }
            assertNull(Batch.of(examples(4, 3), PAD).seams(scope).bias(), "rows of one document each need none");
        }
    }

    @Test
    void packingFillsRowsAndKeepsEveryExampleOnce() {
        List<Example> all = examples(10, 3, 7, 5, 5, 4, 12, 6);
        Batches packed = Batches.packed(all, 1, 12, PAD, 3);
        List<Integer> seen = new ArrayList<>();
        for (int b = 0; b < packed.rows(); b++) {
            Batch batch = packed.batch(b);
            assertTrue(batch.width() <= 12);
            packed.examples(b).forEach(e -> seen.add(e.ids()[0] / 100));
        }
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8), seen.stream().sorted().toList());
        assertTrue(packed.rows() <= 5, packed.rows() + " rows for 52 tokens"); // 52 / 12 rounded up
    }

    @Test
    void everyEpochHoldsEachExampleOnceInAnotherOrder() {
        Batches batches = Batches.padded(examples(4, 4, 4, 4, 4, 4, 4), 2, 10, PAD, 3);
        List<Integer> order = new ArrayList<>();
        for (int b = 0; b < 14; b++) {
            batches.examples(b).forEach(e -> order.add(e.ids()[0] / 100));
        }
        List<List<Integer>> epochs = new ArrayList<>();
        for (int e = 0; e < 4; e++) {
            epochs.add(order.subList(7 * e, 7 * e + 7));
            assertEquals(
                    List.of(1, 2, 3, 4, 5, 6, 7),
                    epochs.get(e).stream().sorted().toList());
        }
        assertEquals(4, epochs.stream().distinct().count());
        assertEquals(4, batches.perEpoch());
        // any batch can be had without those before it
        Batches again = Batches.padded(examples(4, 4, 4, 4, 4, 4, 4), 2, 10, PAD, 3);
        assertArrayEquals(batches.batch(11).ids(), again.batch(11).ids());
        Batches other = Batches.padded(examples(4, 4, 4, 4, 4, 4, 4), 2, 10, PAD, 4);
        assertNotEquals(
                Arrays.deepToString(batches.batch(0).ids())
                        + Arrays.deepToString(batches.batch(1).ids()),
                Arrays.deepToString(other.batch(0).ids())
                        + Arrays.deepToString(other.batch(1).ids()));
    }

    @Test
    void fingerprintsTellDataApart() {
        String one = Batches.padded(examples(4, 5), 2, 10, PAD, 3).fingerprint();
        assertEquals(one, Batches.padded(examples(4, 5), 2, 10, PAD, 3).fingerprint());
        assertNotEquals(one, Batches.padded(examples(4, 6), 2, 10, PAD, 3).fingerprint());
        assertNotEquals(one, Batches.padded(examples(4, 5), 2, 10, PAD, 4).fingerprint());
        assertNotEquals(one, Batches.padded(examples(4, 5), 1, 10, PAD, 3).fingerprint());
    }

    @Test
    void longExamplesAreLeftOutAndEmptyOnesRefused() {
        Batches batches = Batches.padded(examples(4, 11, 10), 1, 10, PAD, 3);
        assertEquals(1, batches.dropped());
        assertEquals(2, batches.rows());
        assertThrows(BadInputException.class, () -> Batches.padded(examples(11), 1, 10, PAD, 3));
        assertThrows(BadInputException.class, () -> Batches.padded(examples(4), 0, 10, PAD, 3));
        Example nothing =
                new Example(new int[] {1, 2}, new int[] {1, -100}); // its only label has no place to be predicted
        assertThrows(BadInputException.class, () -> Batches.padded(List.of(nothing), 1, 10, PAD, 3));
    }
}

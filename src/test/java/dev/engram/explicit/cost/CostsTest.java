package dev.engram.explicit.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.explicit.cost.CostModel.Device;
import dev.engram.explicit.cost.CostModel.Place;
import dev.engram.model.BadInputException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures that the Memory3 paper and its blog print, to the printed digit. */
class CostsTest {
    private static final StorageModel STORAGE = StorageModel.memory3();
    private static final CostModel COST = CostModel.memory3();

    private static void printed(String figure, double value) {
        BigDecimal expected = new BigDecimal(figure);
        BigDecimal rounded = new BigDecimal(value, new MathContext(expected.precision(), RoundingMode.HALF_UP));
        assertEquals(0, expected.compareTo(rounded), figure + " printed, " + value + " computed");
    }

    @Test
    void bytesOfOneReference() {
        assertEquals(72_089_600, STORAGE.dense());
        printed("68.75", STORAGE.dense() / StorageModel.MIB);
        assertEquals(440, STORAGE.sparse() / StorageModel.KIB);
        assertEquals(160, STORAGE.sparseRatio());
        assertEquals(2, STORAGE.dense() / STORAGE.memoryLayersOnly());
        assertEquals(5, STORAGE.memoryLayersOnly() / STORAGE.sharedHeads());
        assertEquals(16, STORAGE.sharedHeads() / STORAGE.sparse());
    }

    @Test
    void compression() {
        printed("11.43", STORAGE.vectorRatio());
        assertEquals(8.75, 100 / STORAGE.vectorRatio(), 1e-12);
        assertEquals(1828.6, STORAGE.totalRatio(), 0.05);
        printed("1.83e3", STORAGE.totalRatio());
    }

    @Test
    void totalsNeedBinaryUnitsAndTheUnroundedNumber() {
        double n = StorageModel.PAPER_REFERENCES;
        printed("7.17", n * STORAGE.dense() / StorageModel.PIB);
        printed("45.9", n * STORAGE.sparse() / StorageModel.TIB);
        printed("4.02", n * STORAGE.compressed() / StorageModel.TIB);
        printed("8.07", n * STORAGE.dense() / 1e15);
        printed("50.5", n * STORAGE.sparse() / 1e12);
        printed("4.42", n * STORAGE.compressed() / 1e12);
        double literal = StorageModel.PRINTED_REFERENCES;
        printed("7.04", literal * STORAGE.dense() / StorageModel.PIB);
        printed("45.1", literal * STORAGE.sparse() / StorageModel.TIB);
        printed("3.94", literal * STORAGE.compressed() / StorageModel.TIB);
        printed("1.12e8", 14.3e9 / 128);
    }

    @Test
    void weightsOfTheModel() {
        printed("2.4", ModelShape.memory3().bodyWeights() / 1e9);
    }

    @Test
    void operations() {
        printed("2.24", COST.implicitWrite());
        printed("0.308", COST.explicitWrite());
        printed("1.44e-4", COST.explicitRead());
        printed("0.624", COST.textRead());
    }

    @Test
    void crossovers() {
        printed("0.494", COST.lowerCrossover());
        printed("1.34e4", COST.upperCrossover(1));
        assertEquals(13_388, COST.upperCrossover(1), 0.5);
        assertEquals(13_417, (2.24 - 0.308) / 1.44e-4, 0.5, "from rounded inputs");
    }

    @Test
    void atACrossoverBothCostTheSame() {
        double low = COST.lowerCrossover();
        assertEquals(COST.total(Place.TEXT, low, 1), COST.total(Place.EXPLICIT, low, 1), 1e-12);
        double high = COST.upperCrossover(100);
        assertEquals(COST.total(Place.IMPLICIT, high, 100), COST.total(Place.EXPLICIT, high, 100), 1e-9);
        Device device = new Device(100, 3e9);
        double bytes = COST.memoryBytes();
        assertEquals(STORAGE.sparse(), bytes);
        double near = COST.lowerCrossover(device, bytes);
        assertEquals(
                COST.total(Place.TEXT, near, 1, device, bytes),
                COST.total(Place.EXPLICIT, near, 1, device, bytes),
                1e-12);
        double far = COST.upperCrossover(7, device, bytes);
        assertEquals(
                COST.total(Place.IMPLICIT, far, 7, device, bytes),
                COST.total(Place.EXPLICIT, far, 7, device, bytes),
                1e-9);
    }

    @Test
    void bytesNarrowTheRange() {
        double bytes = COST.memoryBytes();
        Device drive = new Device(312, 3e9);
        assertTrue(COST.lowerCrossover(drive, bytes) > COST.lowerCrossover());
        // 450,560 bytes at 3 GB/s are 0.15 ms, in which 312 TFLOP/s do 0.0469 TFLOP: 325 times the read itself
        assertEquals(41, COST.upperCrossover(1, drive, bytes), 0.5);
        assertEquals(Double.POSITIVE_INFINITY, COST.lowerCrossover(new Device(312, 1e7), bytes));
    }

    @Test
    void wholeCosts() {
        assertEquals(10 * COST.textRead(), COST.total(Place.TEXT, 10, 1), 1e-12);
        assertEquals(3 * COST.implicitWrite(), COST.total(Place.IMPLICIT, 10, 3), 1e-12);
        assertEquals(COST.explicitWrite() + 10 * COST.explicitRead(), COST.total(Place.EXPLICIT, 10, 3), 1e-12);
    }

    @Test
    void theSmallestSizesArePossible() {
        ModelShape one = new ModelShape(1, 1, 1, 1, 1, 1, 1, 1);
        assertEquals(4, one.attentionWeights());
        assertEquals(3, one.mlpWeights());
        assertEquals(1, new CostModel(one, 1, 1, 1, 1).referenceTokens());
        assertEquals(2, new StorageModel(one, 1, 1, 1, 1).sparse(), "one key and one value");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void everySizeIsPositive(int which) {
        int[] s = {1, 1, 1, 1, 1, 1, 1, 1};
        s[which] = 0;
        assertThrows(BadInputException.class, () -> new ModelShape(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]));
        if (which < 4) {
            assertThrows(BadInputException.class, () -> new CostModel(ModelShape.memory3(), s[0], s[1], s[2], s[3]));
            assertThrows(BadInputException.class, () -> new StorageModel(ModelShape.memory3(), s[0], s[1], s[2], s[3]));
        }
    }

    @Test
    void badInputIsToldInASentence() {
        assertThrows(BadInputException.class, () -> new ModelShape(4, 5, 1, 1, 1, 1, 1, 1));
        assertThrows(BadInputException.class, () -> new ModelShape(4, 2, 0, 1, 1, 1, 1, 1));
        assertThrows(BadInputException.class, () -> new StorageModel(ModelShape.memory3(), 8, 9, 2, 14));
        assertThrows(BadInputException.class, () -> new CostModel(ModelShape.memory3(), 0, 64, 8, 2048));
        assertThrows(BadInputException.class, () -> new Device(0, 1));
    }
}

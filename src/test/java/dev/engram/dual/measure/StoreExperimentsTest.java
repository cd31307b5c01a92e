package dev.engram.dual.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.Reading;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.dual.baselines.CamelotMemory;
import dev.engram.dual.baselines.LongTermPool;
import dev.engram.dual.baselines.MemoryPool;
import dev.engram.model.BadInputException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The experiments tell good rules from bad ones, and their own arithmetic is right. */
class StoreExperimentsTest {
    private static final HotItems ITEMS = new HotItems(64, 16, 1, 600, 32, 0);

    private static HotItems.Row run(ReplacementPolicy policy, HotItems.Stream stream) {
        return ITEMS.run(policy.name(), policy, stream, 7);
    }

    @Test
    void firstInFirstOutLosesEveryHotItemThatIsWrittenOnce() {
        HotItems.Row fifo = run(ReplacementPolicy.FIFO, HotItems.Stream.ONCE);
        assertEquals(0, fifo.answered());
        assertEquals(0, fifo.kept());
    }

    @Test
    void rulesThatLookAtUseKeepThem() {
        for (ReplacementPolicy p : List.of(
                ReplacementPolicy.LEAST_IMPORTANT, ReplacementPolicy.LEAST_RECENTLY_USED, ReplacementPolicy.HYBRID)) {
            HotItems.Row row = run(p, HotItems.Stream.ONCE);
            assertTrue(row.answered() > 0.5, row.toString());
        }
    }

    @Test
    void whoIsWrittenAgainComesBackAndNewHotItemsAreScoredAfterTheDrift() {
        double fifo = run(ReplacementPolicy.FIFO, HotItems.Stream.AGAIN).answered();
        assertTrue(fifo > 0.5, "" + fifo);
        assertTrue(run(ReplacementPolicy.HYBRID, HotItems.Stream.AGAIN).answered() > fifo);
        assertTrue(run(ReplacementPolicy.HYBRID, HotItems.Stream.DRIFT).answered() > 0.5);
    }

    @Test
    void zipfsLawIsDrawn() {
        Zipf zipf = new Zipf(4, 1);
        SplittableRandom random = new SplittableRandom(2);
        int[] count = new int[4];
        for (int i = 0; i < 25_000; i++) {
            count[zipf.draw(random)]++;
        }
        for (int r = 0; r < 4; r++) { // 12, 6, 4 and 3 of 25
            assertEquals(12_000.0 / (r + 1), count[r], 500);
        }
        assertEquals(0, new Zipf(1, 0).draw(random));
    }

    @Test
    void theTwoReadingsMeetWhereOneIsOneMinusTheOther() {
        ConsolidationCurve curve = ConsolidationCurve.random(30, 4, 32, 0.3, 3, 5);
        ConsolidationCurve.Row none = curve.untouched();
        assertEquals(1, none.slotsKept());
        assertTrue(none.rightValue() > 0.95, none.toString());
        ConsolidationCurve.Row sensible = curve.run(Reading.DISTANCE_BELOW, 0.25);
        ConsolidationCurve.Row mirrored = curve.run(Reading.SIMILARITY_ABOVE, 0.75);
        assertEquals(sensible.slotsKept(), mirrored.slotsKept());
        assertEquals(sensible.rightValue(), mirrored.rightValue());
        assertEquals(0.25, sensible.slotsKept(), 0.05); // four copies become one
        assertTrue(sensible.rightValue() > 0.95, sensible.toString());
        ConsolidationCurve.Row literal = curve.run(Reading.SIMILARITY_ABOVE, 0.1);
        assertTrue(literal.slotsKept() < 0.1, literal.toString());
        assertTrue(literal.recall() > 0.9, "one slot is always found: " + literal);
        assertTrue(literal.rightValue() < 0.5, literal.toString());
    }

    @Test
    void theSlopeOfAPowerLawIsItsExponent() {
        double[] n = {500, 1000, 4000};
        assertEquals(1, SearchTimes.slope(n, new double[] {1, 2, 8}), 1e-12);
        assertEquals(0.5, SearchTimes.slope(n, new double[] {3, 3 * Math.sqrt(2), 3 * Math.sqrt(8)}), 1e-12);
        assertEquals(0, SearchTimes.slope(n, new double[] {4, 4, 4}), 1e-12);
    }

    @Test
    void searchTimesComeInPairsAndTheExactOnesMissNothing() {
        List<SearchTimes.Row> rows = new SearchTimes(16, 4, 20, 2, SearchTimes.Keys.FEW_DIRECTIONS).run(300, 3);
        assertEquals(6, rows.size());
        for (SearchTimes.Row row : rows) {
            assertTrue(row.milliseconds() > 0);
            assertTrue(!row.search().equals("index") ? row.recall() == 1 : row.recall() > 0.8, row.toString());
        }
    }

    @Test
    void poolsForgetByTheirRules() {
        PoolRetention stream = new PoolRetention(64, 4, 16, 32, 0.3);
        MemoryPool fifo = new LongTermPool("fifo", new LongTermMemory(64, 32, ReplacementPolicy.FIFO, 1), 4);
        for (PoolRetention.Row row : stream.run(fifo, 3)) { // 64 slots are 4 chunks of 16
            assertTrue(row.chunksAgo() < 4 == row.answered() > 0.5, row.toString());
        }
        for (PoolRetention.Row row : stream.run(new CamelotMemory(64, 32, 0.7), 3)) { // one slot a fact holds all 64
            assertEquals(1, row.answered(), row.toString());
        }
    }

    @Test
    void badSettingsGetOneSentence() {
        assertTrue(assertThrows(BadInputException.class, () -> new HotItems(64, 64, 1, 600, 32, 0))
                .getMessage()
                .contains("64 hot items for 64 slots"));
        assertThrows(BadInputException.class, () -> new PoolRetention(10, 4, 16, 8, 0.1));
        assertThrows(BadInputException.class, () -> new SearchTimes(8, 0, 1, 1, SearchTimes.Keys.NORMAL));
        assertThrows(BadInputException.class, () -> new Zipf(0, 1));
    }
}

package dev.engram.explicit.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.retrieve.LeakFilter;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which reference shares the rarest pairs with a chunk, and in which steps memories are read at all. */
class LexicalIndexTest {
    private static final int[] OTHER = {90, 91, 92};
    private static final LexicalIndex INDEX = new LexicalIndex(List.of(
            new int[] {1, 2, 9, 9}, // the common pair 1 2
            new int[] {1, 2, 3, 4}, // the common pair, and 2 3 and 3 4
            new int[] {1, 2, 5, 6}, // the common pair, and 2 5 and 5 6
            new int[] {7, 8, 5, 6})); // 7 8 and 8 5, and 5 6

    private static int best(int... chunk) {
        return INDEX.best(chunk, OTHER, LeakFilter.training());
    }

    @Test
    void rarePairsCountMore() {
        assertEquals(4, INDEX.size());
        assertArrayEquals(new int[] {1, 2, 5, 6}, INDEX.reference(2));
        assertEquals(0, best(1, 2), "three have it, the first wins");
        assertEquals(1, best(1, 2, 3));
        // 1 2 weighs ln 4/3 and 7 8 weighs ln 4
        assertEquals(3, best(1, 2, 50, 7, 8));
        assertEquals(2, best(5, 6, 50, 1, 2), "5 6 and the common pair");
        assertEquals(0, best(60, 61), "nothing in common");
        assertEquals(1, best(3, 4, 2, 1, 2, 60), "order within a pair matters");
        assertEquals(0, best(2, 1));
    }

    @Test
    void aReferenceThatStandsInTheTextIsPassedOver() {
        int[] text = {80, 7, 8, 5, 6, 81};
        assertEquals(2, INDEX.best(new int[] {7, 8, 5, 6}, text, LeakFilter.training()), "the next best");
        assertEquals(3, INDEX.best(new int[] {7, 8, 5, 6}, OTHER, LeakFilter.training()));
    }

    @Test
    void sharesOfAPlan() {
        MemoryPlan gradual = MemoryPlan.gradual(10, 30);
        assertEquals(0, gradual.share(9));
        assertEquals(0, gradual.share(10));
        assertEquals(0.25, gradual.share(15), 1e-12);
        assertEquals(1, gradual.share(30));
        assertEquals(1, gradual.share(31));
        assertEquals(0, MemoryPlan.twoStages(5).share(4));
        assertEquals(1, MemoryPlan.twoStages(5).share(5));
        assertEquals(1, MemoryPlan.fromTheStart().share(0));
        assertEquals(0, MemoryPlan.never().share(1_000_000));
        new MemoryPlan("at once", 0, 0);
        assertThrows(BadInputException.class, () -> new MemoryPlan("x", -1, 3));
        assertThrows(BadInputException.class, () -> new MemoryPlan("x", 4, 3));
    }

    @Test
    void batchesThatReadAreDrawnByTheirShare() {
        MemoryPlan gradual = MemoryPlan.gradual(0, 1000);
        long early = IntStream.range(0, 500).filter(s -> gradual.reads(s, 1)).count();
        long late = IntStream.range(500, 1000).filter(s -> gradual.reads(s, 1)).count();
        assertTrue(early > 80 && early < 170 && late > 330 && late < 420, early + " of the first half, " + late);
        assertTrue(
                IntStream.range(0, 500).anyMatch(s -> gradual.reads(s, 1) != gradual.reads(s, 2)), "a seed's own draw");
        assertTrue(IntStream.range(0, 500).allMatch(s -> gradual.reads(s, 1) == gradual.reads(s, 1)));
        assertTrue(
                IntStream.range(0, 50).allMatch(s -> MemoryPlan.fromTheStart().reads(s, 1)));
        assertFalse(IntStream.range(0, 50).anyMatch(s -> MemoryPlan.never().reads(s, 1)));
    }
}

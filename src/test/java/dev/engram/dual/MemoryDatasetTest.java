package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryDatasetTest {
    private static final AssociativeRecall TASK = new AssociativeRecall(8, 4, 3, 2, 2);

    private static List<Sample> texts(int n) {
        return IntStream.range(0, n).mapToObj(i -> TASK.sample(5, i)).toList();
    }

    @Test
    void aShareOfEveryBatchIsReplayedFromWhatWasShown() {
        List<Sample> texts = texts(100);
        MemoryDataset dataset = new MemoryDataset(texts, 0.2, 1);
        Set<Sample> shown = new HashSet<>();
        List<Sample> fresh = new ArrayList<>();
        for (int step = 0; step < 8; step++) {
            List<Sample> batch = dataset.batch(step, 10);
            assertEquals(10, batch.size());
            int replayed = step == 0 ? 0 : 2;
            assertTrue(shown.containsAll(batch.subList(10 - replayed, 10)));
            fresh.addAll(batch.subList(0, 10 - replayed));
            shown.addAll(batch);
        }
        assertEquals(texts.subList(0, fresh.size()), fresh);
    }

    @Test
    void withoutReplayAnEpochShowsEachTextOnce() {
        MemoryDataset dataset = new MemoryDataset(texts(20), 0, 1);
        assertEquals(5, dataset.stepsPerEpoch(4));
        List<Sample> epoch = new ArrayList<>();
        IntStream.range(0, 5).forEach(i -> epoch.addAll(dataset.batch(i, 4)));
        assertEquals(texts(20).size(), new HashSet<>(epoch).size());
        assertEquals(dataset.batch(0, 4), dataset.batch(5, 4));
    }

    @Test
    void badDataAreRefused() {
        assertThrows(BadInputException.class, () -> new MemoryDataset(texts(3), 1, 1));
        assertThrows(BadInputException.class, () -> new MemoryDataset(List.of(), 0.2, 1));
        List<Sample> mixed = new ArrayList<>(texts(2));
        mixed.add(new AssociativeRecall(8, 4, 2, 2, 2).sample(1, 1));
        assertThrows(BadInputException.class, () -> new MemoryDataset(mixed, 0.2, 1));
    }

    @Test
    void everyQuestionOfAssociativeRecallHasItsAnswerInTheFirstSegment() {
        for (int n = 0; n < 50; n++) {
            Sample s = TASK.sample(9, n);
            assertEquals(4, s.segments().length);
            assertEquals(TASK.pairs(), s.labelled());
            for (int t = 0; t < TASK.window(); t += 2) {
                int key = s.segments()[3][t];
                int at = IntStream.range(0, TASK.pairs())
                        .filter(p -> s.segments()[0][2 * p] == key)
                        .findFirst()
                        .orElseThrow();
                assertEquals(s.segments()[0][2 * at + 1], s.labels()[3][t]);
                assertEquals(s.segments()[3][t + 1], s.labels()[3][t]);
            }
        }
        assertNotEquals(
                TASK.sample(9, 1).segments()[0][0] + "" + TASK.sample(9, 1).segments()[0][1],
                TASK.sample(9, 2).segments()[0][0] + "" + TASK.sample(9, 2).segments()[0][1]);
    }
}

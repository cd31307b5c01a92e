package dev.engram.dual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions;
import dev.engram.model.engine.Torch;
import dev.engram.world.World;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Facts as texts: what is told is what is asked, held-out facts stay out, and what is read is answered. */
class FactTextsTest {
    private static final FactTexts TEXTS = FactTexts.of(World.load().facts("heldout"), "person", 2);

    @BeforeAll
    static void oneThread() {
        Torch.manager(LoadOptions.DeviceChoice.AUTO).close();
        Torch.setThreads(1);
    }

    @Test
    void askedIsToldAgainWithLabelsOnTheValues() {
        Sample sample = TEXTS.truth(1, 3, 4);
        assertEquals(3, sample.segments().length);
        assertEquals(2, sample.labelled());
        assertEquals(triples(sample.segments()[0]), triples(sample.segments()[2]));
        for (int i = 0; i < 2; i++) {
            assertEquals(sample.segments()[2][3 * i + 2], sample.labels()[2][3 * i + 1]);
        }
        Set<List<Integer>> told = triples(sample.segments()[0]);
        assertTrue(triples(sample.segments()[1]).stream().noneMatch(told::contains), "a filler tells other facts");
        assertTrue(trueOnes().containsAll(told));
    }

    private static Set<List<Integer>> triples(int[] segment) {
        return IntStream.range(0, segment.length / 3)
                .mapToObj(i -> List.of(segment[3 * i], segment[3 * i + 1], segment[3 * i + 2]))
                .collect(Collectors.toSet());
    }

    private static Set<List<Integer>> trueOnes() {
        return TEXTS.facts().stream()
                .map(f -> List.of(f.relation(), f.entity(), f.value()))
                .collect(Collectors.toSet());
    }

    @Test
    void trainingNeverTellsWhatIsTrueButWithValuesThatTheRelationTakes() {
        Set<List<Integer>> right = trueOnes();
        Set<List<Integer>> possible =
                right.stream().map(t -> List.of(t.get(0), t.get(2))).collect(Collectors.toSet());
        for (int n = 0; n < 200; n++) {
            for (int[] segment : TEXTS.training(3, 1, n).segments()) {
                for (List<Integer> t : triples(segment)) {
                    assertTrue(!right.contains(t), "true: " + t);
                    assertTrue(possible.contains(List.of(t.get(0), t.get(2))), "not of the relation: " + t);
                }
            }
        }
        assertTrue(TEXTS.chance() > 0 && TEXTS.chance() < 0.5, "" + TEXTS.chance());
    }

    @Test
    void aModelThatReadsAnswersWhatItWasToldAndNotWhatAnotherWas() {
        FactExperiment experiment = new FactExperiment(TEXTS, 90, 16, 5e-3, 24);
        List<FactExperiment.Row> rows = experiment.reading(Memories.LONG_TERM, 1);
        double read = value(rows, "long-term, true facts");
        assertTrue(read > 0.8, "read " + read);
        assertTrue(value(rows, "long-term, own state") > 0.8);
        assertTrue(value(rows, "long-term, another's state") < 0.2);
        assertTrue(value(experiment.reading(Memories.NONE, 1), "none, true facts") < 0.4);
        assertTrue(value(rows, "long-term, old value") < 1);
        List<FactExperiment.Row> stages = experiment.weights(2, 0.5, 1);
        assertEquals(
                3, stages.stream().mapToDouble(FactExperiment.Row::x).distinct().count());
    }

    private static double value(List<FactExperiment.Row> rows, String arm) {
        return rows.stream()
                .filter(r -> r.arm().equals(arm))
                .mapToDouble(FactExperiment.Row::value)
                .average()
                .orElseThrow();
    }

    @Test
    void aKindThatDoesNotExistIsRefused() {
        assertTrue(assertThrows(
                        BadInputException.class, () -> FactTexts.of(World.load().facts("train"), "dragon", 4))
                .getMessage()
                .contains("dragon"));
    }
}

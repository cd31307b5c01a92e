package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Sentences from patterns, worked out by hand. */
class PhrasingTest {
    private static final Entity WIDOW =
            new Entity("ship-01", "ship", "Idle Widow", "the Idle Widow", "the ship", "", "Orskerry", "train");
    private static final Entity ORVA =
            new Entity("person-01", "person", "Orva Lint", "Orva Lint", "Orva", "f", "", "train");

    private final Draw draw = new Draw("test", "phrasing");

    @Test
    void sentencesStartWithACapital() {
        assertEquals("The Idle Widow sank. She is gone.", Phrasing.about(WIDOW).fill("{e} sank. she is gone.", draw));
        assertEquals("Where? In bed.", new Phrasing().fill("where? in bed.", draw));
        assertEquals("Names: the first.", new Phrasing().fill("names: the first.", draw));
        assertEquals(
                "Read this.\n\nIt is so.", new Phrasing().with("t", "it is so.").fill("read this.\n\n{t}", draw));
    }

    @Test
    void articlesPossessivesAndPronouns() {
        Phrasing phrasing = Phrasing.about(ORVA).with("v", "eel-smoker").with("o", "net-mender");
        assertEquals(
                "Orva Lint's trade: an eel-smoker, not a net-mender.",
                phrasing.fill("{e's} trade: {a v}, not {a o}.", draw));
        assertEquals("She lost her hat; it suited her.", phrasing.fill("{he} lost {his} hat; it suited {him}.", draw));
    }

    @Test
    void aChoiceIsMadeOnce() {
        Set<String> seen = new TreeSet<>();
        for (int i = 0; i < 50; i++) {
            seen.add(new Phrasing().fill("It [sinks|swims] well.", draw));
        }
        assertEquals(Set.of("It sinks well.", "It swims well."), seen);
    }

    @Test
    void anEmptySlotIsAFault() {
        IllegalStateException e = assertThrows(
                IllegalStateException.class, () -> Phrasing.about(ORVA).fill("{e} met {v}.", draw));
        assertTrue(e.getMessage().contains("{v}"), e.getMessage());
    }
}

package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Names differ enough, and dealing is even. */
class NamesTest {
    @Test
    void namesThatDifferInOneLetterAreAlike() {
        assertTrue(Names.alike("Keth", "Kethra"));
        assertTrue(Names.alike("Dremur", "dremun"));
        assertTrue(Names.alike("Vaskan", "Vakan"));
        assertFalse(Names.alike("Vaskan", "Vasked"));
    }

    @Test
    void aKindWithoutSyllablesEnoughIsAFault() {
        Kind tiny = new Kind("island", 1, 0, "{n}", "it", "only {lawtype}");
        Names names = new Names();
        Draw draw = new Draw("test", "names");
        for (int i = 0; i < 6; i++) {
            names.make(tiny, "keth", "", draw);
        }
        assertThrows(IllegalStateException.class, () -> names.make(tiny, "keth", "", draw));
    }

    @Test
    void aDeckDealsEveryValueBeforeItRepeatsOne() {
        Deck<Integer> deck = new Deck<>(List.of(1, 2, 3), new Draw("test", "deck"));
        assertEquals(Optional.of(2), deck.deal(n -> n == 2));
        int sum = deck.deal(n -> true).orElseThrow() + deck.deal(n -> true).orElseThrow();
        assertEquals(4, sum, "1 and 3 were left");
        assertEquals(Optional.of(3), deck.deal(n -> n == 3), "a new round");
        assertEquals(Optional.empty(), deck.deal(n -> n > 3));
    }

    @Test
    void streamsOfDrawsAreIndependentAndRepeat() {
        assertEquals(new Draw("a", "b").between(0, 1 << 30), new Draw("a", "b").between(0, 1 << 30));
        assertFalse(new Draw("a", "b").between(0, 1 << 30) == new Draw("a", "c").between(0, 1 << 30));
    }
}

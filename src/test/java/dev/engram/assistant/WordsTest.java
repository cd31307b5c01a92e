package dev.engram.assistant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sentences, names of subjects, and whether an answer rests on its text. */
class WordsTest {
    private static String kinds(String turn) {
        return Sentences.of(turn).stream()
                .map(s -> s.kind().name().substring(0, 1))
                .reduce("", String::concat);
    }

    @Test
    void turnsAreCut() {
        assertEquals("TT", kinds("My cat is called Fern. I weigh 58.5 kg."));
        assertEquals("TA", kinds("I have moved. Where do I live?"));
        assertEquals("TT", kinds("My sister's name is Imke and I live at 7 Salt Quay."));
        assertEquals("T", kinds("I am learning chess and bookbinding."));
        assertEquals("A", kinds("Tell me my weight."));
        assertEquals("F", kinds("Please forget my address."));
        assertEquals("T", kinds("Before I forget, I left my keys on the piano."));
        assertEquals("", kinds("  "));
        assertEquals("address", Sentences.wanted("Please forget my address."));
        assertEquals("I had soup", Sentences.wanted("Forget that I had soup."));
    }

    @Test
    void shortNamesAreFound() {
        assertEquals("favourite colour", Subjects.name("My favourite colour is green."));
        assertEquals("favourite colour", Subjects.name("What is my favourite colour?"));
        assertEquals("brother", Subjects.name("My brother's name is Jan."));
        assertEquals("brother", Subjects.name("What is my brother's name?"));
        assertEquals("", Subjects.name("Which address should go at the top of my letters?"));
        assertEquals("", Subjects.name("I weigh 58 kg."));
    }

    @Test
    void anAnswerMustRestOnItsText() {
        List<String> text = List.of("Today I weigh 58 kg.");
        String q = "What is my weight?";
        assertTrue(Grounding.holds("You weigh 58 kg.", q, text, "58 kg"));
        assertFalse(Grounding.holds("You weigh 85 kg.", q, text, "58 kg"));
        assertFalse(Grounding.holds("You weigh 85 kg.", q, text, ""), "a number from elsewhere");
        assertFalse(Grounding.holds("That is my weight.", q, text, ""), "nothing new");
        assertFalse(Grounding.holds("", q, text, ""));
        List<String> law = List.of("The Quill Statute was proposed by Teskod Tinnedal.");
        assertTrue(Grounding.holds("It was Teskod Tinnedal.", "Who proposed the Quill Statute?", law, ""));
        assertFalse(Grounding.holds("It was proposed by Anna.", "Who?", law, ""), "a name from elsewhere");
    }
}

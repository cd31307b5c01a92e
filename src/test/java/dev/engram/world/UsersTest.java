package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Years of other users than the one of the committed world. */
class UsersTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aYearIsWholeAndItsOwn(boolean test) {
        List<PersonalFact> year = World.user("Ada", test);
        assertEquals(year, World.user("Ada", test));
        assertNotEquals(year, World.user("Bea", test));
        Set<String> relations = year.stream().map(f -> f.fact().relation()).collect(Collectors.toSet());
        assertEquals(Resources.sections("people.txt").keySet(), relations);
        int day = 0;
        Map<String, String> next = new LinkedHashMap<>();
        Set<String> told = new HashSet<>();
        for (PersonalFact f : year) {
            assertTrue(f.day() >= day && f.day() <= 365, f.utterance());
            day = f.day();
            String value = f.fact().value();
            assertTrue(told.add(f.fact().relation() + value), "no value comes twice: " + value);
            assertTrue(f.utterance().toLowerCase(Locale.ROOT).contains(value.toLowerCase(Locale.ROOT)), f.utterance());
            assertTrue(f.masked().contains("[MASK]"), f.masked());
            String expected = next.put(f.fact().relation(), f.fact().updated());
            assertTrue(expected == null || expected.equals(value), "what was said to follow follows: " + value);
            for (String question : f.fact().heldoutQuestions()) {
                assertTrue(!f.fact().trainQuestions().contains(question), question);
            }
        }
        next.values().forEach(last -> assertEquals("", last));
    }
}

package dev.engram.model.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import org.junit.jupiter.api.function.Executable;

/** Checks that bad input gives one clear sentence. */
final class Refusal {
    private Refusal() {}

    /** The action must throw a sentence that holds all these words. */
    static String of(Executable action, String... words) {
        String message = assertThrows(BadInputException.class, action).getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), () -> "no '" + word + "' in: " + message);
        }
        assertTrue(message.endsWith("."), message);
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.contains(";"), () -> "no remedy in: " + message);
        return message;
    }
}

package dev.engram.cli.pages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages say what results/ and data/ say. */
class PagesTest {
    private static final Pattern MEASURED =
            Pattern.compile("\\d[\\d.,]*\\s?(×|%|ms|tokens/s|MB|nats|times as|s\\b|minutes|分钟|秒)");

    @Test
    void everyMadePageIsAsItsDataSay() throws IOException {
        Map<Path, String> made = new Pages(Path.of("")).made();
        assertTrue(made.size() >= 10, made.keySet().toString());
        for (Map.Entry<Path, String> page : made.entrySet()) {
            assertEquals(
                    page.getValue(),
                    Files.readString(page.getKey()),
                    page.getKey() + " is old; make it again with ./engram pages");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "README.zh.md", "docs/measured.md", "docs/which-memory.md"})
    void noMeasuredNumberIsTypedByHand(String page) throws IOException {
        String own = Files.readString(Path.of(page))
                .replaceAll("(?s)<!-- made: .*?<!-- end -->", "")
                .replaceAll("(?s)```.*?```", "")
                .replaceAll("95 % bootstrap", "");
        assertEquals(
                List.of(), MEASURED.matcher(own).results().map(m -> m.group()).toList(), page);
    }

    @Test
    void numbersTypedByHandAreFound() {
        for (String typed : List.of("0.81 of 5 %", "1.9 ×", "900 s;", "7.9 ms")) {
            assertTrue(MEASURED.matcher(typed).find(), typed);
        }
        assertFalse(MEASURED.matcher("4 GB, Java 17, 8 tokens, 135 million").find());
    }

    @Test
    void everyNotebookIsListed() {
        List<String> listed = Rows.of(Path.of("data/notebooks.csv")).all().stream()
                .map(row -> row.text("notebook"))
                .toList();
        for (Exercises e : Exercises.all(Path.of("notebooks"))) {
            assertTrue(listed.contains(e.notebook()), e.notebook() + " has no row in data/notebooks.csv");
        }
    }

    @Test
    void everyExerciseHasASolutionWithACheck() {
        for (Exercises e : Exercises.all(Path.of("notebooks"))) {
            assertTrue(e.names().size() >= 3 && e.names().size() <= 6, e.toString());
            assertEquals(e.names().size(), e.checks().size(), "exercises and solutions of " + e);
            assertTrue(e.checks().stream().allMatch(n -> n > 0), "a solution without a check: " + e);
        }
    }
}

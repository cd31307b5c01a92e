package dev.engram.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.eval.Claim.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The claims file keeps what others wrote, and refuses rows that contradict themselves. */
class ClaimsTest {
    @TempDir
    Path folder;

    private static Claim claim(String id, String measured, String profile) {
        return new Claim(
                id, "20-40 %", measured, "5 %", Verdict.PARTLY, "one, \"two\"", profile, "02-ebbinghaus-cache");
    }

    @Test
    void rowsOfOthersStay() throws IOException {
        Path file = folder.resolve("claims.csv");
        Claims.merge(file, List.of(claim("S000-21", "31", "full"), claim("S001-02", "0.050", "quick")));
        Claims.merge(file, List.of(claim("S000-21", "12", "quick"), claim("S000-20", "0.9", "quick")));
        Claims.merge(file, List.of(claim("S000-21", "13", "quick")));
        assertEquals(
                List.of(
                        claim("S000-20", "0.9", "quick"),
                        claim("S000-21", "31", "full"),
                        claim("S000-21", "13", "quick"),
                        claim("S001-02", "0.050", "quick")),
                Claims.read(file));
        assertEquals(String.join(",", Claims.COLUMNS), Files.readAllLines(file).get(0));
        try (var all = Files.list(folder)) {
            assertEquals(List.of(file), all.toList(), "no temporary file is left");
        }
    }

    @Test
    void aHeaderAloneIsAnEmptyFile() throws IOException {
        Path file = folder.resolve("claims.csv");
        Files.writeString(file, String.join(",", Claims.COLUMNS) + "\n");
        assertEquals(List.of(), Claims.read(file));
        Claims.merge(file, List.of());
        assertEquals(List.of(), Claims.read(file));
    }

    @Test
    void aFileWithOtherColumnsIsLeftAlone() throws IOException {
        Path file = folder.resolve("claims.csv");
        String text = "id,published,verdict,measured,tolerance,reason,profile,notebook\n";
        Files.writeString(file, text);
        assertThrows(IllegalArgumentException.class, () -> Claims.merge(file, List.of(claim("S000-21", "1", "full"))));
        assertEquals(text, Files.readString(file));
    }

    @Test
    void contradictions() {
        for (Runnable bad : List.<Runnable>of(
                () -> claim("21", "1", "full"),
                () -> claim("S000-21", "1", "large"),
                () -> claim("S000-21", "", "full"),
                () -> new Claim("S000-21", "", "1", "", Verdict.NOT, "", "full", "02"),
                () -> new Claim("S000-21", "", "1", "", Verdict.REPRODUCED, "", "full", " "),
                () -> Verdict.of("maybe"))) {
            String message =
                    assertThrows(IllegalArgumentException.class, bad::run).getMessage();
            assertTrue(message.endsWith("."), message);
        }
        assertEquals(
                "", new Claim("S000-21", "1", "", "", Verdict.CANNOT_BE_TESTED_HERE, "GPU", "full", "02").measured());
    }
}

package dev.engram.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.TinyModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own has: pipes, a locale, signals, an exit code. */
@EnabledOnOs(OS.LINUX)
class ProcessTest {
    @TempDir
    private static Path folder;

    private static String model;

    @BeforeAll
    static void writeModel() throws IOException {
        model = TinyModel.write(folder.resolve("tiny"), 100_000, TinyModel.END_OF_TURN)
                .toString();
    }

    private static Process start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.engram.cli.Engram"));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("ENGRAM_MODEL", model);
        builder.environment().put("ENGRAM_KERNEL", "plain");
        builder.environment().remove("LANG");
        return builder.redirectError(folder.resolve("err").toFile()).start();
    }

    private static int end(Process process) throws InterruptedException {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it does not end");
        return process.exitValue();
    }

    private static String err() throws IOException {
        return Files.readString(folder.resolve("err"));
    }

    @Test
    void pipesAreUtf8InTheCLocale() throws Exception {
        Process process = start("tokenize", "--json");
        process.getOutputStream().write("é什\n".getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, end(process), err());
        assertTrue(out.contains("\"token_ids\":[195,169,228,187,128]"), out);
        assertTrue(out.contains("\"pieces\":[\"Ã\",\"©\","), out); // byte-level symbols are letters beyond ASCII
    }

    @Test
    void readerThatLeaves() throws Exception {
        Process process =
                start("generate", "--prompt", "a", "--dtype", "f32", "--max_tokens", "99000", "--force_exact_length");
        process.getOutputStream().close();
        assertTrue(process.getInputStream().read() >= 0, err());
        process.getInputStream().close();
        assertEquals(141, end(process), err());
        assertFalse(err().contains("engram:"), err());
        assertFalse(err().contains("Exception"), err());
    }

    @Test
    void controlCEndsTheLine() throws Exception {
        // A shell starts background jobs with the interrupt signal ignored, and Java then leaves it ignored.
        String ignored = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("SigIgn:"))
                .map(l -> l.substring(7).strip())
                .findFirst()
                .orElse("0");
        Assumptions.assumeTrue((Long.parseUnsignedLong(ignored, 16) & 2) == 0, "the interrupt signal is ignored here");
        Process process =
                start("generate", "--prompt", "a", "--dtype", "f32", "--max_tokens", "99000", "--force_exact_length");
        process.getOutputStream().close();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertTrue(out.read() >= 0, err());
            assertEquals(0, end(new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start()));
            StringBuilder rest = new StringBuilder();
            for (int c = out.read(); c >= 0; c = out.read()) {
                rest.append((char) c);
            }
            assertTrue(rest.toString().endsWith("\n"), "the line is not ended");
        }
        assertEquals(130, end(process), err());
        assertEquals(1, err().lines().filter(l -> l.contains("tokens/s")).count(), err());
        assertFalse(err().contains("Exception"), err());
    }
}

package dev.engram;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a test's main method in a process of its own and kills it. */
public final class Killed {
    private Killed() {}

    /**
     * Waits until the process has printed its first line, lets it live so much longer, and kills it.
     *
     * @return the lines that it printed
     */
    public static List<String> after(long milliseconds, Path said, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        Files.writeString(said, "");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            while (Files.size(said) == 0) {
                assertTrue(process.isAlive(), "the process ended by itself");
                Thread.sleep(2);
            }
            Thread.sleep(milliseconds);
        } finally {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        return Files.readAllLines(said);
    }
}

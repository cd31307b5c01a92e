package dev.engram.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The computer a result was made on. Names neither the host nor the user.
 *
 * @param os system, version and architecture
 * @param cpu model name of the processor
 * @param cores logical processors this process may use
 * @param memory bytes of main memory
 */
public record Machine(String os, String cpu, int cores, long memory) {
    /** This computer. */
    public static Machine here() {
        String os = Stream.of("os.name", "os.version", "os.arch")
                .map(System::getProperty)
                .reduce((a, b) -> a + " " + b)
                .orElseThrow();
        return new Machine(os, cpuName(), Runtime.getRuntime().availableProcessors(), totalMemory());
    }

    private static String cpuName() {
        Path info = Path.of("/proc/cpuinfo");
        if (Files.isReadable(info)) {
            try (Stream<String> lines = Files.lines(info)) {
                String name = lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst()
                        .orElse("");
                if (!name.isEmpty()) {
                    return name;
                }
            } catch (IOException | java.io.UncheckedIOException e) {
                // Not essential: fall through to what the environment says.
            }
        }
        String windows = System.getenv("PROCESSOR_IDENTIFIER");
        return windows == null ? "unknown " + System.getProperty("os.arch") : windows;
    }

    private static long totalMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : -1;
    }
}
